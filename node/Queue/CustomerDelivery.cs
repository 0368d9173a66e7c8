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
    /// <summary>Longest pause between attempts at a row that fails.</summary>
    private static readonly TimeSpan MostPause = TimeSpan.FromSeconds(5);

    /// <summary>Failures in a row, of customers who had any.</summary>
    private readonly ConcurrentDictionary<UInt128, int> _failures = new();

    /// <param name="rows">Of one customer, in order; at least one. Never faults.</param>
    public async Task<DeliveryOutcome> DeliverAsync(List<WaitingRow> rows)
    {
        var customer = rows[0].Customer;
        var failures = _failures.GetValueOrDefault(customer);
        var outcome = new DeliveryOutcome([], [], TimeSpan.Zero);
        var sent = new List<WaitingRow>();
        var touchpoints = new List<Touchpoint>();
        foreach (var row in failures > 0 ? rows.Take(1) : rows)
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

        try
        {
            if (touchpoints.Count == 0)
            {
                return outcome;
            }

            var reply = await deliver(touchpoints);
            if (reply.Value is not { } answer || answer.Rejected.Any(IsOutage))
            {
                return outcome with { Pause = queue.Options.RetryPause };
            }

            Sort(sent, answer, outcome);
            _failures.TryRemove(customer, out _);
            return outcome;
        }
        catch (Exception away) when (away is NodeLogException or NodeUnavailableException)
        {
            return outcome with { Pause = queue.Options.RetryPause };
        }
        catch (Exception failure)
        {
            if (failures + 1 >= queue.Options.MaxAttempts && sent.Count == 1)
            {
                _failures.TryRemove(customer, out _);
                outcome.SetAside.Add((sent[0], $"{failures + 1} attempts failed, the last with {failure.GetType().Name}"));
                return outcome;
            }

            _failures[customer] = failures + 1;
            notices.Failed(sent.Count, sent[0].Number, failure);
            return outcome with { Pause = TimeSpan.FromTicks(Math.Min(MostPause.Ticks, queue.Options.RetryPause.Ticks << Math.Min(failures, 10))) };
        }
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
                outcome.SetAside.Add((sent[i], "it breaks a rule of the catalog: " + string.Join(", ", one.Errors.Keys)));
            }
        }
    }

    /// <summary>An outage concerns the touchpoint as a whole and no field of it.</summary>
    private static bool IsOutage(RejectedTouchpoint rejected) => rejected.Errors.ContainsKey("");
}
