using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Experiments;

/// <summary>What one variant brought. Counts and money are integers and recount exactly; <c>default</c> means nothing yet.</summary>
public record struct VariantTally
{
    /// <summary>Customers assigned, each at the first decision that the experiment acted on.</summary>
    public long Customers { get; set; }

    /// <summary>Placements decided under it.</summary>
    public long Exposures { get; set; }

    /// <summary>Events that answer those decisions.</summary>
    public long Impressions { get; set; }

    public long Clicks { get; set; }

    public long Conversions { get; set; }

    /// <summary>Decisions that reached their policy's goal in time.</summary>
    public long Rewards { get; set; }

    /// <summary>Value those events brought, in micros.</summary>
    public long ValueMicros { get; set; }

    /// <summary>
    /// Sum over all customers of the square of what each has brought, in micros squared: customers are what was drawn, so their totals are what a
    /// variance is about.
    /// </summary>
    public Int128 ValueSquares { get; set; }

    /// <summary>Spent on the offers answered.</summary>
    public long SpendMicros { get; set; }

    public readonly VariantTally Plus(VariantTally more) => new()
    {
        Customers = Customers + more.Customers,
        Exposures = Exposures + more.Exposures,
        Impressions = Impressions + more.Impressions,
        Clicks = Clicks + more.Clicks,
        Conversions = Conversions + more.Conversions,
        Rewards = Rewards + more.Rewards,
        ValueMicros = ValueSum.Add(ValueMicros, more.ValueMicros),
        ValueSquares = ValueSum.Add(ValueSquares, more.ValueSquares),
        SpendMicros = SpendMicros + more.SpendMicros,
    };

    public readonly void Write(ByteWriter writer)
    {
        writer.Signed(Customers);
        writer.Signed(Exposures);
        writer.Signed(Impressions);
        writer.Signed(Clicks);
        writer.Signed(Conversions);
        writer.Signed(Rewards);
        writer.Signed(ValueMicros);
        writer.Fixed64((ulong)(ValueSquares >> 64));
        writer.Fixed64((ulong)ValueSquares);
        writer.Signed(SpendMicros);
    }

    /// <exception cref="CorruptDataException">Damaged or cut.</exception>
    public static VariantTally Read(ref ByteReader reader) => new()
    {
        Customers = reader.Signed(),
        Exposures = reader.Signed(),
        Impressions = reader.Signed(),
        Clicks = reader.Signed(),
        Conversions = reader.Signed(),
        Rewards = reader.Signed(),
        ValueMicros = reader.Signed(),
        ValueSquares = new Int128(reader.Fixed64(), reader.Fixed64()),
        SpendMicros = reader.Signed(),
    };
}
