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

    /// <summary>Each failed one means that another node got through.</summary>
    private const int MostAttempts = 100;

    /// <summary>What is switched off now.</summary>
    public OfferSet Off { get; private set; } = OfferSet.Empty;

    public void Load() => Read();

    /// <summary>Switches an offer, the fact and the list of all that are off in one transaction; durable when this completes. One caller at a time.</summary>
    /// <param name="offer">Stable number.</param>
    /// <exception cref="NodeUnavailableException">Other nodes switch at the same moment, again and again.</exception>
    public async Task SetAsync(int offer, bool inStock, long nowMicros)
    {
        for (var attempt = 1; !await TrySetAsync(offer, inStock, nowMicros); attempt++)
        {
            if (attempt == MostAttempts)
            {
                throw new NodeUnavailableException("other nodes switch offers at the same moment");
            }
        }
    }

    private async Task<bool> TrySetAsync(int offer, bool inStock, long nowMicros)
    {
        // Another node may have switched something since.
        var before = Read();
        var next = Off.With(offer, !inStock);
        if (ReferenceEquals(next, Off))
        {
            return true;
        }

        using var writer = new ByteWriter();
        var numbers = next.Numbers.ToList();
        writer.Count(numbers.Count);
        foreach (var number in numbers)
        {
            writer.Count(number);
        }

        var after = writer.ToArray();
        try
        {
            await log.AppendNodeFactAsync(new StockChangedFact(offer, inStock, nowMicros), nowMicros, transaction => transaction.ReplaceValue(Key, before, after));
        }
        catch (InvalidOperationException)
        {
            return false;
        }

        Off = next;
        return true;
    }

    /// <returns>The list as it is stored.</returns>
    private byte[]? Read()
    {
        var off = OfferSet.Empty;
        var saved = log.Reader.GetValue(Key);
        if (saved is not null)
        {
            var reader = new ByteReader(saved);
            for (var count = reader.Items(); count > 0; count--)
            {
                off = off.With(reader.Count(), true);
            }
        }

        // Another set only if something was switched, so that a look every second swaps nothing.
        Off = off.Numbers.SequenceEqual(Off.Numbers) ? Off : off;
        return saved;
    }
}
