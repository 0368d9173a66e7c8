using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Sqlite.Index;

/// <summary>
/// Not less than the last customer sequence of customers that wrote lately, so that their next one is known to be free without a look at any index.
/// Fixed in size: sets of four, the one not used for longest gives way. The writer's thread only.
/// </summary>
/// <remarks>A transaction that is undone leaves a bound too high behind, which costs a look and nothing else.</remarks>
internal sealed class LastSequences
{
    private const int Ways = 4;

    // 262,144 customers, 6 MiB. Touched at random: more would cost a fault of the processor's cache each without sparing many reads.
    private const int Sets = 1 << 16;

    private readonly Slot[] _slots = new Slot[Sets * Ways];

    public bool TryGet(CustomerKey customer, out long last)
    {
        var set = SetOf(customer);
        for (var way = 0; way < Ways; way++)
        {
            if (set[way].Customer != customer) continue;
            last = set[way].Last;
            return true;
        }

        last = 0;
        return false;
    }

    public void Put(CustomerKey customer, long last)
    {
        var set = SetOf(customer);
        var way = 0;
        while (way < Ways - 1 && set[way].Customer != customer) way++;
        for (; way > 0; way--) set[way] = set[way - 1];
        set[0] = new Slot(customer, last);
    }

    // Keys are random bits; the multiplication is for those of tests and imports that are not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<Slot> SetOf(CustomerKey customer) =>
        _slots.AsSpan((int)(((customer.High ^ customer.Low) * 0x9E3779B97F4A7C15) >> 48) * Ways, Ways);

    private readonly record struct Slot(CustomerKey Customer, long Last);
}
