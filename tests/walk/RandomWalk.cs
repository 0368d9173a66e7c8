using System.Globalization;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>
/// The life of one store, drawn at random: customers who are decided for and do things, several at once; catalogs published over one another and rolled back; erasures,
/// aliases, pauses and stock; jumps of a clock; restarts, kills in the middle of requests, and cuts of the log. Beside it a plain list of what was sent and answered
/// says what every figure must be.
/// </summary>
/// <remarks>
/// What is drawn hangs on the seed alone, but which of several requests under way comes first, and where a kill meets the node's loops, does not. Other walks, and
/// longer ones, are asked for by the environment: <c>WALK_SEEDS=100-150</c>, <c>WALK_STEPS=2000</c>.
/// </remarks>
internal sealed partial class RandomWalk
{
    private const long Second = 1_000_000;
    private const long Day = 86_400 * Second;

    private readonly IWalkStore _store;
    private readonly Random _random;
    private readonly SimulatedClock _clock;
    private readonly WalkedCustomer[] _customers = [.. Enumerable.Range(0, 24).Select(n => new WalkedCustomer($"c-{n}"))];
    private readonly List<Decided> _decided = [];
    private readonly WalkCaps _caps = new();
    private readonly Dictionary<int, string> _drawn = [];
    private readonly Dictionary<string, long> _tally = new(StringComparer.Ordinal);
    private readonly Queue<string> _said = [];
    private EmbeddedNode _node = null!;
    private int _ids;

    private sealed record Decided(DecisionRequest Request, DecisionAnswer Answer, WalkedCustomer Customer, int Life);

    private sealed record Sent(WalkedCustomer Customer, DecisionRequest? Request, Touchpoint[] Touchpoints);

    private RandomWalk(int seed, IWalkStore store)
    {
        _store = store;
        _random = new Random(seed);
        _clock = new SimulatedClock(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero).AddDays(seed));
    }

    /// <summary>The seeds that are asked for, or else these.</summary>
    public static TheoryData<int> Seeds(int first, int last)
    {
        var asked = Environment.GetEnvironmentVariable("WALK_SEEDS")?.Split('-').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray() ?? [first, last];
        return [.. Enumerable.Range(asked[0], asked[^1] - asked[0] + 1)];
    }

    public static async Task RunAsync(int seed, IWalkStore store)
    {
        using var used = store;
        var walk = new RandomWalk(seed, store);
        await walk.OpenAsync();
        try
        {
            await walk.GoAsync(int.Parse(Environment.GetEnvironmentVariable("WALK_STEPS") ?? "400", CultureInfo.InvariantCulture));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {seed}, {failure.Message}\nbefore it:\n  {string.Join("\n  ", walk._said)}", failure);
        }
        finally
        {
            await walk._node.DisposeAsync();
        }
    }

    private async Task GoAsync(int steps)
    {
        await PublishAsync();
        for (var step = 0; step < steps; step++)
        {
            await StepAsync();
        }

        Assert.InRange(_tally.Values.Sum(), steps / 4, long.MaxValue);
        await CheckAsync();
        await _node.DisposeAsync();
        await VerifyAsync();
    }

    private Task StepAsync()
    {
        _clock.AdvanceTo(Now + _random.Next(1, 2_000_000));
        return _random.Next(1_000) switch
        {
            < 700 => BurstAsync(kill: false),
            < 710 => BurstAsync(kill: true),
            < 780 => RepeatAsync(),
            < 795 => AddAliasAsync(),
            < 805 => EraseAsync(),
            < 835 => SwitchAsync(),
            < 875 => JumpAsync(),
            < 920 => PublishAsync(),
            < 930 => RollBackAsync(),
            < 945 => RestartAsync(),
            < 955 => CutAsync(),
            _ => CheckAsync(),
        };
    }

    private long Now => _clock.NowMicros();

    private void Say(string what)
    {
        if (_said.Count == 25) _said.Dequeue();
        _said.Enqueue($"{_clock.GetUtcNow():MM-dd HH:mm:ss.fff} {what}");
    }

    private string NextId(string kind) => $"{kind}-{++_ids}";

    /// <summary>Requests of several customers at once. A kill leaves what was answered before it, and all is sent again.</summary>
    private async Task BurstAsync(bool kill)
    {
        var sent = _random.GetItems(_customers, _random.Next(1, 6)).Distinct().Select(Draw).ToArray();
        var under = sent.Select(one => Task.Run(() => SendAsync(one))).ToArray();
        if (kill)
        {
            Say("kill");
            if (_random.May(.5)) await Task.WhenAny(under);
            var answered = under.Select(task => task.IsCompleted).ToArray();
            await _store.KillAsync(_node, Task.WhenAll(under));
            if (_random.May(.3)) await VerifyAsync();
            await OpenAsync();
            for (var i = 0; i < sent.Length; i++)
            {
                var (first, again) = (await under[i], await SendAsync(sent[i]));
                if (answered[i] && sent[i].Request?.DryRun != true) Assert.Equal(Means(first), Means(again));
                Keep(sent[i], again);
            }

            return;
        }

        foreach (var (one, answer) in sent.Zip(await Task.WhenAll(under)))
        {
            Keep(one, answer);
        }
    }

    private static IEnumerable<string> Shown(DecisionAnswer answer) => ShownOffer.Of(answer).Select(shown => shown.OfferId);

    private async Task<object> SendAsync(Sent sent)
    {
        if (sent.Request is { } request)
        {
            var decided = await _node.DecideAsync(request);
            return (object?)decided.Value ?? decided.Refusal!;
        }

        var taken = await _node.IngestAsync(sent.Touchpoints);
        return (object?)taken.Value ?? taken.Refusal!;
    }

    private static string Means(object answer) => answer switch
    {
        DecisionAnswer decided => Means(decided),
        IngestAnswer taken => $"{taken.Accepted + taken.Duplicates} taken",
        _ => ((Refusal)answer).Detail,
    };

    private static string Means(DecisionAnswer answer) => string.Join("; ", answer.Placements.Select(placement =>
        $"{placement.PlacementId} {placement.Holdout} {string.Join(", ", placement.Offers.Select(offer => string.Create(CultureInfo.InvariantCulture, $"{offer.Rank} {offer.OfferId} {offer.Creative?.Id} {offer.Propensity:R}")))}"));

    private void Keep(Sent sent, object answer)
    {
        if (answer is IngestAnswer taken)
        {
            Assert.Empty(taken.Rejected);
            sent.Customer.Take(sent.Touchpoints, Now);
            return;
        }

        if (answer is not DecisionAnswer decided || decided.Degraded)
        {
            var errors = (answer as Refusal)?.Errors?.Select(error => $"{error.Key} {string.Join(", ", error.Value)}") ?? [];
            throw new InvalidOperationException($"{sent.Request?.DecisionId ?? "touchpoints"} of {sent.Customer.Id} answered {answer} {string.Join("; ", errors)}");
        }

        var offers = Shown(decided).ToArray();
        Assert.Equal(offers.Length, offers.Distinct(StringComparer.Ordinal).Count());
        Assert.All(decided.Placements.SelectMany(placement => placement.Offers).Where(offer => !offer.Fallback), offer => Assert.InRange(offer.Propensity!.Value, 1e-12, 1 + 1e-12));
        Assert.All(decided.Placements.Zip(sent.Request!.Placements), pair => Assert.InRange(pair.First.Offers.Length, 0, pair.Second.Count));
        Assert.Empty(_caps.Broken(decided, sent.Customer));
        if (sent.Request.DryRun)
        {
            return;
        }

        sent.Customer.Take(sent.Request.Touchpoints, Now);
        foreach (var placement in decided.Placements)
        {
            sent.Customer.Stays($"held out of {placement.PlacementId} with {WalkCatalog.Holdout(_drawn[decided.CatalogVersion])} of all", placement.Holdout);
            if (Array.Find(placement.Experiments, met => met.ExperimentId == "trial") is { } met) sent.Customer.Stays("in trial", met.VariantId);
        }

        sent.Customer.WasShown.AddRange(ShownOffer.Of(decided));
        _decided.Add(new Decided(sent.Request, decided, sent.Customer, sent.Customer.Life));
        foreach (var offer in offers)
        {
            _tally[offer] = _tally.GetValueOrDefault(offer) + 1;
        }
    }

    private async Task RepeatAsync()
    {
        if (_decided.Count == 0 || _random.Of([.. _decided.TakeLast(200)]) is not { } decided || decided.Answer.AtMicros < Now - (6 * Day))
        {
            return;
        }

        var again = await _node.DecideAsync(decided.Request);
        if (decided.Life != decided.Customer.Life)
        {
            Assert.Equal(RefusalKind.Erased, again.Refusal?.Kind);
            return;
        }

        Assert.True(again.Value is { Repeated: true }, $"{decided.Answer.DecisionId} of {decided.Customer.Id} again: {again.Refusal}");
        Assert.Equal(Means(decided.Answer), Means(again.Value!));
    }

    private async Task AddAliasAsync()
    {
        var customer = _random.Of(_customers);
        if (!customer.Known || customer.Ids.Count > 4)
        {
            return;
        }

        var alias = NextId("also");
        Assert.Null((await _node.AddAliasAsync(_random.Of([.. customer.Ids]), alias)).Refusal);
        customer.Ids.Add(alias);
    }

    private async Task EraseAsync()
    {
        var customer = _random.Of(_customers);
        var erased = await _node.EraseAsync(_random.Of([.. customer.Ids]));
        Say($"erase {customer.Id}");
        if (!customer.Known)
        {
            Assert.True(erased.Refusal is null or { Kind: RefusalKind.NotFound }, $"{customer.Id}: {erased.Refusal}");
            return;
        }

        Assert.Null(erased.Refusal);
        customer.Erase(Now);
        Assert.Equal(RefusalKind.NotFound, (await _node.ReadCustomerAsync(customer.Id)).Refusal?.Kind);
    }

    private async Task SwitchAsync()
    {
        var refusal = _random.May(.5)
            ? (await _node.SetPausedAsync($"c{_random.Next(WalkCatalog.Campaigns)}", _random.May(.4))).Refusal
            : (await _node.SetStockAsync(DrawOffer(), _random.May(.6))).Refusal;
        Assert.True(refusal is null or { Kind: RefusalKind.NotFound }, $"{refusal}");
    }

    private Task JumpAsync()
    {
        _clock.AdvanceTo(Now + (long)((_random.NextDouble() + .1) * _random.Of(60 * Second, 600 * Second, 3_600 * Second, 6 * 3_600 * Second, Day, 3 * Day)));
        Say("jump");
        return Task.CompletedTask;
    }

    private async Task PublishAsync()
    {
        while (true)
        {
            var drawn = WalkCatalog.Draw(_random);
            var bundle = CatalogBundle.Of([new CatalogFile("a.yaml", drawn)], new DiagnosticBag())!.Bytes;
            var reply = await _node.PublishAsync(bundle, null, PublishNote.None);
            Assert.True(reply.Refusal is null or { Kind: RefusalKind.Unprocessable }, $"{reply.Refusal}");
            if (reply.Value is { Published: true } published)
            {
                Say($"publish {published.Version}");
                Live(published.Version, drawn);
                return;
            }
        }
    }

    private async Task RollBackAsync()
    {
        var version = _random.Of([.. (await _node.ReadVersionsAsync(0, 100)).Value!.Versions]).Version;
        var reply = await _node.PublishAsync((await _node.ReadVersionAsync(version)).Value!.Bundle, null, new PublishNote(null, null, version));
        Say($"roll back to {version}");
        Assert.Null(reply.Refusal);
        if (reply.Value!.Published) Live(reply.Value.Version, _drawn[version]);
    }

    private void Live(int version, string drawn)
    {
        _drawn[version] = drawn;
        _caps.Take(version, drawn);
    }

    private async Task OpenAsync() => _node = await EmbeddedNode.OpenAsync(_store.Of(new EmbeddedNodeOptions
    {
        Commit = _random.Of(CommitMode.Sync, CommitMode.Sync, CommitMode.Async),
        SnapshotAge = TimeSpan.FromMilliseconds(_random.Of(1, 50, 30_000)),
        Retention = _random.May(.7) ? null : new RetentionOptions { Keep = TimeSpan.FromDays(_random.Next(7, 30)), Every = TimeSpan.FromMinutes(1), LookEvery = TimeSpan.FromMilliseconds(5), RecordsTogether = 40 },
    }), _clock);

    private async Task VerifyAsync()
    {
        var report = await _store.VerifyAsync();
        Assert.True(report.IsClean, report.ToText());
    }

    private async Task RestartAsync()
    {
        Say("restart");
        await _node.DisposeAsync();
        if (_random.May(.5)) await VerifyAsync();
        await OpenAsync();
    }

    private async Task CutAsync()
    {
        if (_random.May(.8)) await UntilSameAsync(() => Task.FromResult(_node.Refolding.IsDone ? "" : "somebody is still to be folded anew"));
        await _node.DisposeAsync();
        var report = await _store.CutAsync(_clock.GetUtcNow() - TimeSpan.FromDays(_random.Next(7, 20)));
        Say($"cut {report.Records} records {report.Refusal}");
        await VerifyAsync();
        await OpenAsync();
    }

    private async Task CheckAsync()
    {
        foreach (var customer in _customers)
        {
            var view = await _node.ReadCustomerAsync(customer.Id);
            if (customer.Known) Assert.Empty(customer.Differences(view.Value!, Now));
            else Assert.Equal(RefusalKind.NotFound, view.Refusal?.Kind);
        }

        // The owners fold behind the answers, and the windows of the sleeping end behind the clock.
        await UntilSameAsync(async () => string.Join(", ", (await _node.ReadCampaignsAsync()).Value!.SelectMany(campaign => campaign.Offers)
            .Where(offer => offer.Decisions != _tally.GetValueOrDefault(offer.OfferId)).Select(offer => $"{offer.OfferId} has {offer.Decisions} decisions; answered were {_tally.GetValueOrDefault(offer.OfferId)}")));
        foreach (var offer in (await _node.ReadCampaignsAsync()).Value!.Where(campaign => WalkCatalog.SettlesOnDecision(campaign.Id)).SelectMany(campaign => campaign.Offers))
        {
            Assert.Equal(offer.Decisions * WalkCatalog.CostMicros(offer.OfferId), offer.SettledMicros);
        }

        foreach (var ledger in (await _node.ReadCampaignsAsync()).Value!.SelectMany(campaign => new[] { campaign.Total, campaign.Today }).OfType<LedgerView>())
        {
            Assert.Equal(ledger.BudgetMicros, ledger.SettledMicros + ledger.ReservedMicros + ledger.LeasedMicros + ledger.FreeMicros);
        }

        await UntilSameAsync(async () =>
        {
            var members = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var customer in _customers.Where(customer => customer.Known))
            {
                foreach (var segment in (await _node.ReadCustomerAsync(customer.Id)).Value!.Segments)
                {
                    members[segment] = members.GetValueOrDefault(segment) + 1;
                }
            }

            return string.Join(", ", (await _node.ReadSegmentsAsync()).Value!.Where(segment => segment.Status != "per-request")
                .Where(segment => segment.Status != "live" || segment.Size != members.GetValueOrDefault(segment.Id))
                .Select(segment => $"{segment.Id} is {segment.Status} with {segment.Size}; its members are {members.GetValueOrDefault(segment.Id)}"));
        });
    }

    /// <summary>Waits until there is no difference.</summary>
    private static async Task UntilSameAsync(Func<Task<string>> differs)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (await differs() is { Length: > 0 } difference)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), $"after a minute {difference}");
            await Task.Delay(1);
        }
    }
}
