using System.Diagnostics;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Shop;

/// <summary>Plays visits against an engine in the order of simulated time: a decision each, then what the customer makes of it.</summary>
internal sealed class ShopRun(IEngine engine, Placement placement, Shopper shopper, RunRecorder recorder, ShopRunOptions options)
{
    private const int LanesAtOnce = 64;
    private readonly PriorityQueue<Touchpoint[], (long At, long Number)> _later = new();
    private readonly List<Step> _batch = [];
    private readonly PlacementRequest[] _placements = [new(placement.Id, 1, [])];
    private long _number;
    private int _sinceStep;
    private long _played;
    private long _nextObservation = long.MinValue;

    /// <summary>Plays all visits and what is still to come after the last. Cancelled, it stops between two commands; what was played counts.</summary>
    /// <exception cref="EngineLostException">The engine does not answer any more; what was played counts.</exception>
    public async Task RunAsync(IEnumerable<Visit> visits, CancellationToken cancellation)
    {
        foreach (var visit in visits)
        {
            if (cancellation.IsCancellationRequested)
            {
                break;
            }

            while (_later.TryPeek(out _, out var next) && next.At <= visit.AtMicros)
            {
                await PaceAsync(next.At, cancellation);
                await DoAsync(new Step(next.At, null, _later.Dequeue()));
            }

            await PaceAsync(visit.AtMicros, cancellation);
            await DoAsync(new Step(visit.AtMicros, visit, visit.Before));
        }

        while (!cancellation.IsCancellationRequested && (_later.Count > 0 || _batch.Count > 0))
        {
            if (_later.TryPeek(out _, out var next))
            {
                await PaceAsync(next.At, cancellation);
                await DoAsync(new Step(next.At, null, _later.Dequeue()));
            }
            else
            {
                await FlushAsync();
            }
        }

        await FlushAsync();
        await StepAsync(options.EndMicros);
    }

    private long CommandsPerStep => Math.Clamp(_played / 200, 200, options.MostCommandsPerStep);

    private Task PaceAsync(long atMicros, CancellationToken cancellation) => options.Pace?.Invoke(atMicros, cancellation) ?? Task.CompletedTask;

    private async ValueTask DoAsync(Step step)
    {
        if (engine.SpanMicros == 0)
        {
            if (_sinceStep >= CommandsPerStep || engine.MustStep(step.AtMicros))
            {
                await StepAsync(step.AtMicros);
            }

            await PlayAsync(step);
            return;
        }

        if (_batch.Count > 0 && (step.AtMicros - _batch[0].AtMicros > engine.SpanMicros || _batch.Count >= LanesAtOnce * 4))
        {
            await FlushAsync();
        }

        _batch.Add(step);
    }

    /// <summary>Customers of the batch at the same time, each one's steps one after the other.</summary>
    private async Task FlushAsync()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        var last = _batch[^1].AtMicros;
        var lanes = _batch.GroupBy(step => step.CustomerId, StringComparer.Ordinal).Select(lane => lane.ToArray()).ToList();
        _batch.Clear();
        await Parallel.ForEachAsync(lanes, new ParallelOptions { MaxDegreeOfParallelism = LanesAtOnce }, async (lane, _) =>
        {
            foreach (var step in lane)
            {
                await PlayAsync(step);
            }
        });
        if (_sinceStep >= CommandsPerStep)
        {
            await StepAsync(last);
        }
    }

    private async ValueTask PlayAsync(Step step)
    {
        Interlocked.Increment(ref _sinceStep);
        Interlocked.Increment(ref _played);
        if (step.Visit is not { } visit)
        {
            var rejected = await engine.IngestAsync(step.Touchpoints);
            recorder.Ingested(step.Touchpoints, rejected);
            return;
        }

        var began = Stopwatch.GetTimestamp();
        var answered = await options.Choose.DecideAsync(engine, visit, _placements);
        recorder.Decided(visit, answered, Stopwatch.GetElapsedTime(began));
        lock (_later)
        {
            if (visit.After.Length > 0)
            {
                Later(visit.After);
            }

            if (answered.Offer is null || answered.Refusal is not null)
            {
                return;
            }

            var response = shopper.Respond(visit, answered, placement.Channel);
            recorder.Responded(visit, answered, response);
            Later(response.Page);
            if (response.Purchase is { } purchase)
            {
                Later([purchase]);
            }
        }
    }

    private void Later(Touchpoint[] touchpoints) => _later.Enqueue(touchpoints, (touchpoints[^1].AtMicros!.Value, _number++));

    private async Task StepAsync(long atMicros)
    {
        _sinceStep = 0;
        await engine.StepAsync(atMicros);
        if (atMicros >= _nextObservation)
        {
            _nextObservation = Math.Max(atMicros, options.StartMicros) + options.ObserveEveryMicros;
            await options.Observe(atMicros);
        }
    }

    private readonly record struct Step(long AtMicros, Visit? Visit, Touchpoint[] Touchpoints)
    {
        public string CustomerId => Visit?.CustomerId ?? Touchpoints[0].CustomerId;
    }
}
