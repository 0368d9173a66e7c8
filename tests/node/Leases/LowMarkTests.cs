using PmOrleans.Decisioning.Budgets;
using PmOrleans.Node.Leases;

namespace PmOrleans.Node.Tests.Leases;

public sealed class LowMarkTests
{
    private const int Day = 20261121;

    [Fact]
    public void a_large_slice_of_the_total_does_not_make_a_small_one_of_the_day_look_low()
    {
        var asked = 0;
        var lease = new CampaignLease(1) { OnLow = _ => asked++ };
        lease.Grant(1_000_000, 0);
        lease.SetLowMark(0, 250_000);
        lease.Grant(1_000, Day);
        lease.SetLowMark(Day, 250);

        for (var held = 0; held < 750; held++)
        {
            Assert.Equal(LeaseHold.Held, lease.TryHold(1, useTotal: true, Day));
        }

        Assert.Equal(0, asked);
        lease.TryHold(1, useTotal: true, Day);
        Assert.Equal(1, asked);
    }

    [Fact]
    public void a_node_that_asks_whenever_it_is_low_leaves_the_others_their_shares()
    {
        const long Budget = 1_200_000;
        const int Nodes = 3;
        // The mark is of a time when there was far more.
        long held = 0, mark = 100 * Budget, granted = 0, spent = 0;

        // Alone in spending a third of all, micro by micro.
        while (spent < Budget / Nodes)
        {
            if (held < mark || held == 0)
            {
                var slice = BudgetSlice.Cut(new SliceRequest(1, Day, Budget, held, mark, 1, 1), granted, Nodes);
                (held, mark, granted) = (held + slice.GrantedMicros, slice.LowMarkMicros, granted + slice.GrantedMicros);
            }

            held--;
            spent++;
        }

        Assert.InRange(held, 1, Budget / Nodes / 2);
    }

    [Fact]
    public void whatever_is_left_is_handed_out_to_the_last_micro()
    {
        const long Budget = 1_000_003, Cost = 7;
        long held = 0, mark = 0, granted = 0, spent = 0;
        while (true)
        {
            if (held < mark || held < Cost)
            {
                var slice = BudgetSlice.Cut(new SliceRequest(1, Day, Budget, held, mark, Cost, 1), granted, nodes: 2);
                (held, mark, granted) = (held + slice.GrantedMicros, slice.LowMarkMicros, granted + slice.GrantedMicros);
                if (held < Cost)
                {
                    break;
                }
            }

            held -= Cost;
            spent += Cost;
        }

        Assert.Equal(Budget, granted);
        Assert.InRange(Budget - spent, 0, Cost - 1);
    }
}
