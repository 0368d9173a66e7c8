using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Facts;

/// <summary>The bodies of each kind of fact. Fields are only ever appended.</summary>
internal static class FactBodies
{
    public static void WriteAccounting(Fact fact, ByteWriter writer)
    {
        switch (fact)
        {
            case TouchpointFact touchpoint:
                writer.Signed(touchpoint.AtMicros);
                writer.Signed(touchpoint.ReceivedAtMicros);
                writer.Bool(touchpoint.Late);
                break;
            case DecisionFact decision:
                DecisionBody.WriteAccounting(decision, writer);
                break;
            case OutcomeFact outcome:
                OutcomeBody.Write(outcome, writer);
                break;
            case SegmentChangeFact change:
                SegmentChangeBody.Write(change, writer);
                break;
            case LeaseGrantedFact lease:
                writer.Count(lease.Campaign);
                writer.Count(lease.Day);
                writer.Signed(lease.HolderEpoch);
                writer.Signed(lease.AmountMicros);
                break;
            case LeaseReturnedFact lease:
                writer.Count(lease.Campaign);
                writer.Count(lease.Day);
                writer.Signed(lease.HolderEpoch);
                writer.Signed(lease.AmountMicros);
                writer.Bool(lease.WrittenOff);
                break;
            case PublishedFact published:
                writer.Count(published.Version);
                writer.Text(published.Hash);
                writer.Signed(published.AtMicros);
                break;
            case PauseChangedFact pause:
                writer.Count(pause.Campaign);
                writer.Bool(pause.Paused);
                writer.Signed(pause.AtMicros);
                break;
            case StockChangedFact stock:
                writer.Count(stock.Offer);
                writer.Bool(stock.InStock);
                writer.Signed(stock.AtMicros);
                break;
            case ErasureFact erasure:
                writer.Signed(erasure.AtMicros);
                break;
            case ExperimentAssignedFact assigned:
                writer.Count(assigned.Experiment);
                writer.Count(assigned.Variant);
                writer.Count(assigned.Slot);
                writer.Signed(assigned.AtMicros);
                break;
            case SuppressedFact suppressed:
                writer.Count(suppressed.Rule);
                writer.Byte((byte)suppressed.Per);
                writer.Count(suppressed.Over);
                writer.Signed(suppressed.AtMicros);
                writer.Signed(suppressed.UntilMicros);
                break;
            case UnknownFact unknown:
                writer.Raw(unknown.Accounting);
                break;
            case IdentityFact:
                break;
            default:
                throw new ArgumentException($"{fact.GetType().Name} has no stored form", nameof(fact));
        }
    }

    public static void WritePersonal(Fact fact, ByteWriter writer)
    {
        switch (fact)
        {
            case TouchpointFact touchpoint:
                // Of an erased touchpoint nothing personal is left to write.
                if (touchpoint.Touchpoint is { } content)
                {
                    writer.Fixed64(touchpoint.MessageHash);
                    TouchpointBody.Write(content, writer);
                }

                break;
            case DecisionFact decision:
                writer.Text(decision.DecisionId);
                writer.Fixed64(decision.BodyHash);
                PropertyBody.Write(decision.Context, writer);
                break;
            case IdentityFact identity:
                writer.Text(identity.Id);
                break;
            case UnknownFact unknown:
                writer.Raw(unknown.Personal);
                break;
        }
    }

    /// <param name="foldedWith">Only what a fold with this catalog looks at; <c>null</c>: all of it.</param>
    public static Fact Read(byte kind, ReadOnlySpan<byte> accounting, ReadOnlySpan<byte> personal, CatalogSnapshot? foldedWith)
    {
        var left = new ByteReader(accounting);
        var right = new ByteReader(personal);
        switch ((FactKind)kind)
        {
            case FactKind.Touchpoint:
                var at = left.Signed();
                var receivedAt = left.Signed();
                var late = left.Bool();
                return personal.IsEmpty
                    ? new TouchpointFact(null, at, receivedAt, late, 0)
                    : ReadTouchpoint(ref right, at, receivedAt, late, foldedWith);
            case FactKind.Decision:
                return DecisionBody.Read(ref left, ref right, toFold: foldedWith is not null);
            case FactKind.Outcome:
                return OutcomeBody.Read(ref left);
            case FactKind.SegmentChange:
                return SegmentChangeBody.Read(ref left);
            case FactKind.LeaseGranted:
                return new LeaseGrantedFact(left.Count(), left.Count(), left.Signed(), left.Signed());
            case FactKind.LeaseReturned:
                return new LeaseReturnedFact(left.Count(), left.Count(), left.Signed(), left.Signed(), left.Bool());
            case FactKind.Published:
                return new PublishedFact(left.Count(), left.RequiredText(), left.Signed());
            case FactKind.PauseChanged:
                return new PauseChangedFact(left.Count(), left.Bool(), left.Signed());
            case FactKind.StockChanged:
                return new StockChangedFact(left.Count(), left.Bool(), left.Signed());
            case FactKind.Erasure:
                return new ErasureFact(left.Signed());
            case FactKind.ExperimentAssigned:
                return new ExperimentAssignedFact(left.Count(), left.Count(), left.Count(), left.Signed());
            case FactKind.Suppressed:
                return new SuppressedFact(left.Count(), (CapPer)left.Byte(), left.Count(), left.Signed(), left.Signed());
            case FactKind.Identity:
                return new IdentityFact(personal.IsEmpty ? null : right.Text());
            default:
                return new UnknownFact(kind, accounting.ToArray(), personal.ToArray());
        }
    }

    private static TouchpointFact ReadTouchpoint(ref ByteReader personal, long at, long receivedAt, bool late, CatalogSnapshot? foldedWith)
    {
        var messageHash = personal.Fixed64();
        return new TouchpointFact(
            foldedWith is null ? TouchpointBody.Read(ref personal) : TouchpointBody.ReadToFold(ref personal, foldedWith), at, receivedAt, late, messageHash);
    }
}
