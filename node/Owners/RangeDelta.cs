using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Owners;

/// <summary>A stretch of a log as it grows, reduced to what one owner adds.</summary>
internal abstract class RangeDelta(long from)
{
    public long From { get; } = from;

    /// <summary>Last sequence in it.</summary>
    public long To { get; private set; } = from;

    public bool IsEmpty => To == From;

    /// <summary>A new one for an owner, after a sequence.</summary>
    /// <param name="optionsOf">By policy, what its model is folded with.</param>
    public static RangeDelta After(OwnerName owner, long from, Func<int, BetaOptions> optionsOf) => owner switch
    {
        OwnerName.Campaigns => new Ledgers(from, optionsOf),
        OwnerName.Models => new Models(from, optionsOf),
        _ => new Segments(from),
    };

    /// <exception cref="InvalidOperationException">A record is missing before this one.</exception>
    public void Apply(long sequence, long epoch, CustomerKey customer, long customerSequence, IReadOnlyList<Fact> facts)
    {
        if (sequence != To + 1)
        {
            throw new InvalidOperationException($"record {sequence} does not follow {To}");
        }

        Fold(sequence, epoch, customer, customerSequence, facts);
        To = sequence;
    }

    public abstract byte[] ToArray();

    protected abstract void Fold(long sequence, long epoch, CustomerKey customer, long customerSequence, IReadOnlyList<Fact> facts);

    private sealed class Ledgers(long from, Func<int, BetaOptions> optionsOf) : RangeDelta(from)
    {
        private readonly AccountingFold _fold = AccountingFold.After(from, optionsOf);
        private readonly List<((int Campaign, int Day, long Epoch) Key, long Micros)> _grants = [];

        public override byte[] ToArray() => LedgerBook.WriteDelta(_fold.Ledgers, _fold.Experiments, _grants);

        protected override void Fold(long sequence, long epoch, CustomerKey customer, long customerSequence, IReadOnlyList<Fact> facts)
        {
            _fold.Apply(sequence, epoch, facts);
            foreach (var fact in facts)
            {
                if (fact is LeaseGrantedFact granted)
                {
                    _grants.Add(((granted.Campaign, granted.Day, granted.HolderEpoch), granted.AmountMicros));
                }
            }
        }
    }

    private sealed class Models(long from, Func<int, BetaOptions> optionsOf) : RangeDelta(from)
    {
        private readonly AccountingFold _fold = AccountingFold.After(from, optionsOf);

        public override byte[] ToArray()
        {
            using var writer = new ByteWriter(1024);
            ModelBook.Write(writer, [.. _fold.Models.Values]);
            return writer.ToArray();
        }

        protected override void Fold(long sequence, long epoch, CustomerKey customer, long customerSequence, IReadOnlyList<Fact> facts) =>
            _fold.Apply(sequence, epoch, facts);
    }

    private sealed class Segments(long from) : RangeDelta(from)
    {
        private readonly System.Buffers.ArrayBufferWriter<byte> _told = new();

        public override byte[] ToArray() => _told.WrittenSpan.ToArray();

        protected override void Fold(long sequence, long epoch, CustomerKey customer, long customerSequence, IReadOnlyList<Fact> facts)
        {
            List<Fact>? told = null;
            foreach (var fact in facts)
            {
                if (fact is SegmentChangeFact or ErasureFact)
                {
                    (told ??= []).Add(fact);
                }
            }

            if (told is null)
            {
                return;
            }

            using ByteWriter writer = new(), accounting = new(), personal = new(), body = new();
            FactCodec.Write(told, accounting, personal, body);
            writer.Fixed64(customer.High);
            writer.Fixed64(customer.Low);
            writer.Signed(customerSequence);
            writer.Blob(accounting.Written);
            System.Buffers.BuffersExtensions.Write(_told, writer.Written);
        }
    }
}
