using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Publishing;

/// <summary>Offers that an operator switched out of stock: a fact in the log and a value beside it, so that a publish or a restart changes nothing.</summary>
public sealed class StockSwitch(INodeLog log)
{
    private const string Key = "offers.outOfStock";

    /// <summary>What is switched off now.</summary>
    public OfferSet Off { get; private set; } = OfferSet.Empty;

    public void Load()
    {
        var off = OfferSet.Empty;
        if (log.Reader.GetValue(Key) is { } saved)
        {
            var reader = new ByteReader(saved);
            for (var count = reader.Items(); count > 0; count--)
            {
                off = off.With(reader.Count(), true);
            }
        }

        // Another set only if something was switched, so that a look every second swaps nothing.
        Off = off.Numbers.SequenceEqual(Off.Numbers) ? Off : off;
    }

    /// <summary>Switches an offer; durable when this completes. One caller at a time.</summary>
    /// <param name="offer">Stable number.</param>
    public async Task SetAsync(int offer, bool inStock, long nowMicros)
    {
        var next = Off.With(offer, !inStock);
        if (ReferenceEquals(next, Off))
        {
            return;
        }

        using var writer = new ByteWriter();
        var numbers = next.Numbers.ToList();
        writer.Count(numbers.Count);
        foreach (var number in numbers)
        {
            writer.Count(number);
        }

        // Queued one right behind the other: one transaction, or the same fate.
        var saved = writer.ToArray();
        var changed = log.AppendNodeFactAsync(new StockChangedFact(offer, inStock, nowMicros), nowMicros);
        if (changed.IsFaulted)
        {
            await changed;
        }

        await log.WriteAsync(transaction => transaction.SetValue(Key, saved));
        await changed;
        Off = next;
    }
}
