using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Embedded;

public sealed class ExperimentRecountTests
{
    /// <summary>Earlier releases counted who came back to a side of the holdout anew: the side is in two of the customer's slots, each with a value of its own.</summary>
    [Fact]
    public void a_customer_who_had_the_same_variant_twice_before_the_log_was_cut_is_recounted_with_both_values()
    {
        var customer = new CustomerKey(1, 1);
        var book = new ExperimentBook();
        ExperimentEntry[] slots = [new(1, 2, 10, 3_000_000), new(1, 1, 20, 0), new(1, 2, 30, 5_000_000)];
        foreach (var (slot, entry) in slots.Index())
        {
            book.Apply(new ExperimentAssignedFact(entry.Experiment, entry.Variant, slot, entry.AtMicros));
            book.Apply(Purchase(slot, entry.Variant, before: 0, value: entry.ValueMicros));
        }

        using var writer = new ByteWriter(256);
        writer.Signed(3);
        book.Write(writer);
        var findings = new FindingList();
        var recount = new ExperimentRecount(findings);
        recount.Begin(writer.Written);
        recount.Begin(customer, slots);

        var next = Purchase(slot: 0, variant: 2, before: 3_000_000, value: 1_000_000);
        recount.Apply(customer, 7, next);
        book.Apply(next);
        recount.Compare(book, findings);

        Assert.Empty(findings.Kept);
    }

    private static OutcomeFact Purchase(int slot, int variant, long before, long value) => new()
    {
        Event = OutcomeEvent.Conversion,
        AtMicros = 40,
        DecisionAtMicros = 35,
        DecisionSequence = 1,
        Slot = 0,
        Offer = 1,
        Campaign = 1,
        Category = 0,
        Channel = 1,
        Placement = 1,
        Policy = 1,
        Segment = 0,
        Holdout = false,
        Late = false,
        ValueMicros = value,
        Reward = -1,
        Exposures = [new OutcomeExposure(1, variant, slot, before)],
    };
}
