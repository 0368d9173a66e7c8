using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Taking touchpoints in.</content>
public sealed partial class NodeEngine
{
    private static readonly Dictionary<string, string[]> ErrorsOfOutage = new(StringComparer.Ordinal)
    {
        [""] = ["the log could not be written; this customer's touchpoints were not applied, send them again"],
    };

    private static readonly Dictionary<string, string[]> ErrorsOfDamage = new(StringComparer.Ordinal)
    {
        ["customerId"] = ["what the store has of this customer cannot be read; `verify` says what is damaged"],
    };

    public async ValueTask<Reply<IngestAnswer>> IngestAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref _environment) is not { } environment)
        {
            return NoCatalog();
        }

        if (_log.Health == LogHealth.Fenced)
        {
            return Failure(new LogFailure(LogFailureKind.Fenced, ""));
        }

        var rejected = new List<RejectedTouchpoint>();
        var groups = Group(touchpoints, environment.Catalog, rejected);
        if (_time.NowMicros() >= _keeper.RolloverMicros)
        {
            await _keeper.RolloverAsync();
        }

        var queued = new List<(CustomerGroup Group, CommandResult<IngestCounts> Result)>(groups.Count);
        LogFailure? outage = null;
        if (_reads is not null && groups.Count > 1)
        {
            try
            {
                await LoadAllAsync(groups);
            }
            catch (Exception unavailable) when (IsOutage(unavailable))
            {
                return Failure(new LogFailure(LogFailureKind.Unavailable, unavailable.Message));
            }
        }

        foreach (var group in groups)
        {
            try
            {
                queued.Add((group, await IngestAsync(group, rejected)));
            }
            catch (Exception unavailable) when (IsOutage(unavailable))
            {
                outage = new LogFailure(LogFailureKind.Unavailable, unavailable.Message);
                rejected.AddRange(group.Indexes.Select(index => new RejectedTouchpoint(index, ErrorsOfOutage)));
            }
            catch (Exception damaged) when (IsDamage(damaged))
            {
                _metrics.CountRefused("damage");
                rejected.AddRange(group.Indexes.Select(index => new RejectedTouchpoint(index, ErrorsOfDamage)));
            }
        }

        int accepted = 0, duplicates = 0, unprotected = 0;
        foreach (var (group, result) in queued)
        {
            var (counts, failure) = await OutcomeAsync(group, result, rejected);
            if (failure is not null)
            {
                outage = failure;
                rejected.RemoveAll(earlier => group.Indexes.Contains(earlier.Index));
                rejected.AddRange(group.Indexes.Select(index => new RejectedTouchpoint(index, ErrorsOfOutage)));
                continue;
            }

            accepted += counts.Accepted;
            duplicates += counts.Duplicates;
            unprotected += counts.Unprotected;
        }

        if (outage is not null && accepted + duplicates == 0)
        {
            _metrics.CountRefused("log");
            return Failure(outage);
        }

        _metrics.CountTouchpoints(accepted, duplicates, rejected.Count);
        rejected.Sort((left, right) => left.Index.CompareTo(right.Index));
        return new IngestAnswer(accepted, duplicates, unprotected, rejected);
    }

    /// <summary>A batch's customers are asked for at once, not one after the other.</summary>
    private async Task LoadAllAsync(List<CustomerGroup> groups)
    {
        List<Task>? loads = null;
        foreach (var group in groups)
        {
            if (_directory.Get(group.IdHash) is { IsLoaded: false } cell)
            {
                var load = LoadAsync(cell);
                if (!load.IsCompletedSuccessfully)
                {
                    (loads ??= []).Add(load.AsTask());
                }
            }
        }

        try
        {
            await Task.WhenAll(loads ?? []);
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // Each customer's part of the batch meets its own.
        }
    }

    /// <summary>Waits for a group's record; one that failed only because of what it was folded on is tried again.</summary>
    private async ValueTask<(IngestCounts Counts, LogFailure? Failure)> OutcomeAsync(
        CustomerGroup group, CommandResult<IngestCounts> result, List<RejectedTouchpoint> rejected)
    {
        for (var attempt = 1; ; attempt++)
        {
            var failure = result.Refused ? TakesNothing : result.Pending is null || _options.Stepped ? null : await result.Pending.Outcome;
            if (failure is null || !MayTryAgain(failure, attempt))
            {
                return (result.Value, failure);
            }

            try
            {
                result = await IngestAsync(group, rejected);
            }
            catch (Exception unavailable) when (IsUnreadable(unavailable))
            {
                return (default, new LogFailure(LogFailureKind.Unavailable, unavailable.Message));
            }
        }
    }

    private async ValueTask<CommandResult<IngestCounts>> IngestAsync(CustomerGroup group, List<RejectedTouchpoint> rejected)
    {
        while (true)
        {
            var refused = new List<RejectedTouchpoint>();
            var (cell, result, resets, isAhead) = await WithCellAsync(group.IdHash, (cell, live) => (
                cell,
                _commands.Ingest(
                    cell, group.Touchpoints, live, (index, field, message) => Reject(refused, group.Indexes[index], field, message)),
                cell.Resets,
                cell.Pending > 0 || cell.IsVoid));
            var isKnown = result.Pending is not null || result.Refused || !isAhead || result.Value.Duplicates == 0 || _options.Stepped;
            if (!isKnown)
            {
                // Duplicates of what is on its way: to say so now would acknowledge what may still fail.
                await _log.FlushAsync();
                lock (cell)
                {
                    isKnown = !cell.IsVoid && cell.Resets == resets;
                }
            }

            if (isKnown)
            {
                rejected.RemoveAll(earlier => refused.Exists(again => again.Index == earlier.Index));
                rejected.AddRange(refused);
                return result;
            }
        }
    }

    private static void Reject(List<RejectedTouchpoint> rejected, int index, string field, string message) =>
        rejected.Add(new RejectedTouchpoint(index, new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] }));

    /// <summary>A batch is not a transaction: each customer's part of it is one command, in the batch's order.</summary>
    private List<CustomerGroup> Group(
        IReadOnlyList<Touchpoint?> touchpoints, Decisioning.Catalog.CatalogSnapshot catalog, List<RejectedTouchpoint> rejected)
    {
        var groups = new List<CustomerGroup>();
        var byId = touchpoints.Count > 1 ? new Dictionary<string, CustomerGroup>(touchpoints.Count, StringComparer.Ordinal) : null;
        for (var i = 0; i < touchpoints.Count; i++)
        {
            if (touchpoints[i] is not { } touchpoint)
            {
                continue;
            }

            var clock = _time as SimulatedClock;
            var now = Math.Max(_time.NowMicros(), clock is null ? 0 : touchpoint.AtMicros ?? 0);
            if (((clock is null ? null : RequestChecks.CheckSimulated(touchpoint.AtMicros)) ?? RequestChecks.Check(touchpoint, catalog, now)) is { } errors)
            {
                rejected.Add(new RejectedTouchpoint(i, errors));
                continue;
            }

            // Only one that is taken moves the simulated clock.
            clock?.AdvanceTo(now);

            CustomerGroup? group = null;
            if (byId?.TryGetValue(touchpoint.CustomerId, out group) is not true)
            {
                group = new CustomerGroup(_hashes.Identity.Hash128(touchpoint.CustomerId));
                groups.Add(group);
                byId?.Add(touchpoint.CustomerId, group);
            }

            group!.Touchpoints.Add(touchpoint);
            group.Indexes.Add(i);
        }

        return groups;
    }

    private sealed class CustomerGroup(UInt128 idHash)
    {
        public UInt128 IdHash { get; } = idHash;

        public List<Touchpoint> Touchpoints { get; } = new(1);

        public List<int> Indexes { get; } = new(1);
    }
}
