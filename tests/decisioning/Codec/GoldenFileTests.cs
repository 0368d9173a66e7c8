using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Tests.Codec;

/// <summary>
/// What a released format looks like on disk, for ever: <c>Golden/format-N</c> holds the bytes and, beside them, every field as JSON. A change that
/// breaks these tests breaks every store there is; it needs a new format and a new folder, and the old folder must stay readable.
/// </summary>
/// <remarks>A new folder is written by running these tests once with <c>GOLDEN_WRITE</c> set to its path.</remarks>
public sealed class GoldenFileTests
{
    private static string Folder => Environment.GetEnvironmentVariable("GOLDEN_WRITE") ?? Path.Combine(AppContext.BaseDirectory, "Golden", "format-1");

    [Fact]
    public void a_record_of_format_1_is_read_with_every_field_and_written_to_the_same_bytes()
    {
        IReadOnlyList<Fact> facts = [.. Enumerable.Range(1, 13).Select(kind => new RandomFacts(100 + kind).One(kind))];
        var (accounting, personal) = FactCodecTests.Write(facts);
        WriteIfAsked("record.accounting.bin", accounting);
        WriteIfAsked("record.personal.bin", personal);
        WriteIfAsked("record.json", FactText.Of(facts));

        var golden = (Accounting: Bytes("record.accounting.bin"), Personal: Bytes("record.personal.bin"));
        var read = FactCodec.Read(golden.Accounting, golden.Personal);

        Assert.Equal(Text("record.json"), FactText.Of(read));
        var again = FactCodecTests.Write(read);
        Assert.Equal(golden.Accounting, again.Accounting);
        Assert.Equal(golden.Personal, again.Personal);
    }

    [Fact]
    public void a_customer_of_format_1_is_read_with_every_field_and_written_to_the_same_bytes()
    {
        using var busy = BusyCustomer();
        WriteIfAsked("customer.bin", TestCustomer.Bytes(busy.State));
        WriteIfAsked("customer.json", FactText.Of(busy.State));

        var golden = Bytes("customer.bin");
        var read = CustomerState.Read(new CustomerKey(7, ~7UL), golden);

        Assert.Equal(Text("customer.json"), FactText.Of(read));
        Assert.Equal(golden, TestCustomer.Bytes(read));
    }

    [Fact]
    public void a_trace_of_format_1_is_read_with_every_field()
    {
        using var busy = BusyCustomer();
        WriteIfAsked("trace.bin", LastTrace(busy));
        WriteIfAsked("trace.json", TraceText(LastTrace(busy)));

        Assert.Equal(Text("trace.json"), TraceText(Bytes("trace.bin")));
    }

    [Fact]
    public void a_registry_of_format_1_is_read_with_every_field_and_written_to_the_same_bytes()
    {
        var registry = SampleCatalog().Registry;
        WriteIfAsked("registry.bin", registry.ToArray());
        WriteIfAsked("registry.json", RegistryText(registry));

        var golden = Bytes("registry.bin");
        var read = IdRegistry.Read(golden);

        Assert.Equal(Text("registry.json"), RegistryText(read));
        Assert.Equal(golden, read.ToArray());
    }

    [Fact]
    public void a_later_format_is_refused_by_name()
    {
        var record = Bytes("record.accounting.bin");
        var customer = Bytes("customer.bin");
        var trace = Bytes("trace.bin");
        record[0] = customer[0] = trace[0] = 2;

        Assert.Contains("format 2", Assert.Throws<CorruptDataException>(() => FactCodec.Read(record, [])).Message, StringComparison.Ordinal);
        Assert.Contains("format 2", Assert.Throws<CorruptDataException>(() => CustomerState.Read(default, customer)).Message, StringComparison.Ordinal);
        Assert.Contains("format 2", Assert.Throws<CorruptDataException>(() => TraceCodec.Read(trace)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_customer_or_trace_cut_at_any_byte_is_corrupt()
    {
        var customer = Bytes("customer.bin");
        var trace = Bytes("trace.bin");

        for (var length = 0; length < customer.Length; length++)
        {
            Assert.Throws<CorruptDataException>(() => CustomerState.Read(default, customer.AsSpan(0, length)));
        }

        for (var length = 1; length < trace.Length; length++)
        {
            Assert.Throws<CorruptDataException>(() => TraceCodec.Read(trace.AsSpan(0, length)));
        }
    }

    private static CatalogSnapshot SampleCatalog() => new TestCatalog()
        .Metric("views7d", MetricKind.Count, "view", TimeSpan.FromDays(7))
        .Metric("spent30d", MetricKind.Sum, "purchase", TimeSpan.FromDays(30), "value")
        .Cap("a-day", CappedEvent.Impression, CapPer.Offer, 3, TimeSpan.FromDays(1))
        .Cap("web", CappedEvent.Decision, CapPer.Channel, 50, TimeSpan.FromHours(1))
        .Campaign("c", new Budget(1_000_000_000, 500_000_000, SettleOn.Click, ReserveKind.Full, Paced: false))
        .Segment("buyers", "counts.purchase > 0")
        .Suppress("no-thanks", SuppressOn.Dismiss, CapPer.Category, 1, TimeSpan.FromDays(7), TimeSpan.FromDays(1))
        .Suppress("twice", SuppressOn.Dismiss, CapPer.Campaign, 2, TimeSpan.FromDays(7), TimeSpan.FromDays(1))
        .Experiment(_ => new Experiment
        {
            Id = "hero",
            Number = 1,
            Share = 1,
            Variants = [new Variant { Id = "control", Number = 1, Weight = .5 }, new Variant { Id = "bold", Number = 2, Weight = .5 }],
        })
        .Placement("home", slots: 2, fallback: "nothing")
        .Offers(
            new OfferSpec("a") { CostMicros = 250_000, Category = "shoes", Value = 3 },
            new OfferSpec("b") { Campaign = "free", Value = 2 },
            new OfferSpec("c") { Campaign = "free", Value = 2, Rules = ["customer.lastChannel == 'app'"] })
        .Build();

    private static TestCustomer BusyCustomer()
    {
        var customer = new TestCustomer(SampleCatalog());
        var lease = customer.Environment.Leases[customer.Environment.Catalog.CampaignById["c"].Number];
        lease.Grant(100_000_000, 0);
        lease.Grant(100_000_000, 20261121);
        lease.Price = .25;
        const long now = TestCustomer.Noon;
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view", MessageId = "m-1", Channel = "web" }, now);
        customer.Take(
            new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("tier", PropertyValue.Of("gold")), new("age", PropertyValue.Of(44))] }, now + 1);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "consent", Purpose = "mail", Granted = false }, now + 2);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "purchase", ValueMicros = 59_900_000, MessageId = "m-2" }, now + 3);
        customer.Decide(now + 4, "home");
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "impression", DecisionId = "d-1" }, now + 5);
        customer.Decide(now + 6, "home");
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "consent", Purpose = "mail", Granted = true, Channel = "sms" }, now + 7);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "purchase", DecisionId = "d-1", OfferId = "a", ValueMicros = 20_000_000 }, now + 8);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "dismiss", DecisionId = "d-2", OfferId = "a" }, now + 9);
        return customer;
    }

    private static byte[] LastTrace(TestCustomer customer) => customer.Log.SelectMany(row => row.Facts).OfType<DecisionFact>().Last().Placements[0].Trace.ToArray();

    private static string TraceText(byte[] bytes)
    {
        var trace = TraceCodec.Read(bytes);
        return FactText.Of(new
        {
            trace.Observations,
            trace.ScoreScale,
            trace.Survivors,
            trace.Removed,
            trace.Skipped,
            LaterSlots = trace.LaterSlots.Select(slot => slot.Probabilities.Select(pair => new { pair.Survivor, pair.Probability })),
        });
    }

    private static string RegistryText(IdRegistry registry) => FactText.Of(
        Enum.GetValues<IdKind>().SelectMany(kind => Enumerable.Range(1, registry.Count(kind)).Select(number => new
        {
            Kind = kind.ToString(),
            Number = number,
            Id = registry.IdOf(kind, number),
            Owner = registry.OwnerOf(kind, registry.IdOf(kind, number)!),
        })));

    private static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    private static string Text(string name) => File.ReadAllText(Path.Combine(Folder, name));

    private static void WriteIfAsked(string name, object content)
    {
        if (Environment.GetEnvironmentVariable("GOLDEN_WRITE") is null)
        {
            return;
        }

        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(Path.Combine(Folder, name), content as byte[] ?? System.Text.Encoding.UTF8.GetBytes((string)content));
    }
}
