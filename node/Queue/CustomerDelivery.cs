using System.Collections.Concurrent;
using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Queue;

/// <summary>
/// One delivery to one customer. All rows go as one call; after a failure that is no outage the next call has one row, so that the one to blame is found and only
/// that is set aside.
/// </summary>
internal sealed class CustomerDelivery(TouchpointQueue queue, DeliverTouchpoints deliver, IQueueNotices notices)
{
    /// <summary>What was in vain in a row, of customers who had any.</summary>
    private readonly ConcurrentDictionary<UInt128, (int Failures, int Outages)> _vain = new();

    /// <param name="rows">Of one customer, in order; at least one. Never faults.</param>
    public async Task<DeliveryOutcome> DeliverAsync(List<WaitingRow> rows)
    {
        var customer = rows[0].Customer;
        var (failures, outages) = _vain.GetValueOrDefault(customer);
        var outcome = new DeliveryOutcome([], [], TimeSpan.Zero);
        var tried = failures > 0 ? rows[..1] : rows;
        try
        {
            var (sent, touchpoints) = Open(tried, outcome);
            if (touchpoints.Count == 0)
            {
                return outcome;
            }

            var reply = await deliver(touchpoints);
            if (reply.Value is not { } answer || answer.Rejected.Any(IsOutage))
            {
                return Later();
            }

            Sort(sent, answer, outcome);
            _vain.TryRemove(customer, out _);
            return outcome;
        }
        catch (Exception away) when (away is NodeLogException or NodeUnavailableException)
        {
            return Later();
        }
        catch (Exception failure)
        {
            failures++;
            if (failures >= queue.Options.MaxAttempts && tried.Count == 1)
            {
                _vain.TryRemove(customer, out _);
                outcome.SetAside.Add((tried[0], $"{failures} attempts failed, the last with {failure.GetType().Name}"));
                return outcome;
            }

            _vain[customer] = (failures, outages);
            notices.Failed(tried.Count, tried[0].Number, failure);
            return outcome with { Pause = queue.Options.PauseAfter(failures) };
        }

        DeliveryOutcome Later()
        {
            _vain[customer] = (failures, outages + 1);
            return outcome with { Pause = queue.Options.PauseAfter(outages + 1) };
        }
    }

    private (List<WaitingRow> Sent, List<Touchpoint> Touchpoints) Open(List<WaitingRow> rows, DeliveryOutcome outcome)
    {
        var sent = new List<WaitingRow>(rows.Count);
        var touchpoints = new List<Touchpoint>(rows.Count);
        foreach (var row in rows)
        {
            try
            {
                touchpoints.Add(queue.Open(row));
                sent.Add(row);
            }
            catch (Exception damaged) when (damaged is CorruptDataException or CryptographicException)
            {
                outcome.SetAside.Add((row, "it cannot be read: " + damaged.GetType().Name));
            }
        }

        return (sent, touchpoints);
    }

    /// <summary>What breaks a rule of the live catalog would break it every time. What is from before an erasure must not be kept anywhere.</summary>
    private static void Sort(List<WaitingRow> sent, IngestAnswer answer, DeliveryOutcome outcome)
    {
        var refused = answer.Rejected.ToDictionary(one => one.Index);
        for (var i = 0; i < sent.Count; i++)
        {
            if (!refused.TryGetValue(i, out var one) || one.Errors.Values.Any(messages => messages.Contains(CustomerCommands.BeforeErasure, StringComparer.Ordinal)))
            {
                outcome.Delivered.Add(sent[i]);
            }
            else
            {
                outcome.SetAside.Add((sent[i], "it is refused for: " + string.Join(", ", one.Errors.Keys)));
            }
        }
    }

    /// <summary>An outage concerns the touchpoint as a whole and no field of it.</summary>
    private static bool IsOutage(RejectedTouchpoint rejected) => rejected.Errors.ContainsKey("");
}
