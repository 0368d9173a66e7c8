using System.Globalization;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
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

    private readonly IWalkHost _host;
    private readonly Random _random;
    private readonly SimulatedClock _clock;
    private readonly WalkedCustomer[] _customers = [.. Enumerable.Range(0, 24).Select(n => new WalkedCustomer($"c-{n}"))];
    private readonly List<Decided> _decided = [];
    private readonly WalkCaps _caps = new();
    private readonly Dictionary<int, string> _drawn = [];
    private readonly Dictionary<string, long> _tally = new(StringComparer.Ordinal);
    private readonly Queue<string> _said = [];
    private int _ids;

    private sealed record Decided(DecisionRequest Request, DecisionAnswer Answer, WalkedCustomer Customer, int Life);

    private sealed record Sent(WalkedCustomer Customer, DecisionRequest? Request, Touchpoint[] Touchpoints, bool Queued);

    private RandomWalk(int seed, IWalkHost host)
    {
        _host = host;
        _random = new Random(seed);
        _clock = new SimulatedClock(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero).AddDays(seed));
    }

    /// <summary>The seeds that are asked for, or else these.</summary>
    public static TheoryData<int> Seeds(int first, int last)
    {
        var asked = Environment.GetEnvironmentVariable("WALK_SEEDS")?.Split('-').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray() ?? [first, last];
        return [.. Enumerable.Range(asked[0], asked[^1] - asked[0] + 1)];
    }

    /// <param name="steps">When the environment does not say.</param>
    public static async Task RunAsync(int seed, IWalkHost host, int steps = 400)
    {
        await using var used = host;
        var walk = new RandomWalk(seed, host);
        await walk.OpenAsync();
        try
        {
            await walk.GoAsync(int.TryParse(Environment.GetEnvironmentVariable("WALK_STEPS"), CultureInfo.InvariantCulture, out var asked) ? asked : steps);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {seed}, {failure.Message}\nbefore it:\n  {string.Join("\n  ", walk._said)}", failure);
        }
    }

    private async Task GoAsync(int steps)
    {
        await PublishAsync();
        await UntilSameAsync(() => Task.FromResult(_host.HasCatalog ? "" : "a node has no catalog"));
        for (var step = 0; step < steps; step++)
        {
            await StepAsync();
        }

        Assert.InRange(_tally.Values.Sum(), steps / 4, long.MaxValue);
        await CheckAsync();
        await VerifyAsync();
    }

    private Task StepAsync()
    {
        _clock.AdvanceTo(Now + _random.Next(1, 2_000_000));
        return _random.Next(1_000) switch
        {
            < 690 => BurstAsync(),
            < 700 => ReplaceAsync(),
            < 710 => KillAsync(),
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

    private Sent[] DrawBurst() => [.. _random.GetItems(_customers, _random.Next(1, 6)).Distinct().Select(Draw)];

    /// <summary>Requests of several customers at once.</summary>
    private Task BurstAsync() => BurstAsync(DrawBurst());

    private async Task BurstAsync(Sent[] sent)
    {
        foreach (var (one, answer) in sent.Zip(await Task.WhenAll(sent.Select(one => Task.Run(() => SendAsync(one))))))
        {
            await KeepAsync(one, answer);
        }
    }

    private Task ReplaceAsync()
    {
        Say("replace");
        return _host.ReplaceAsync(async () =>
        {
            for (var left = _random.Next(1, 6); left > 0; left--)
            {
                await BurstAsync();
            }
        });
    }

    /// <summary>A kill beside requests leaves what was answered before it, and all is sent again.</summary>
    private async Task KillAsync()
    {
        Say("kill");
        var sent = DrawBurst();
        var under = sent.Select(one => Task.Run(() => SendAsync(one))).ToArray();
        if (_random.May(.5)) await Task.WhenAny(under);
        var answered = under.Select(task => task.IsCompletedSuccessfully).ToArray();
        await _host.KillAsync(Task.WhenAll(under).ContinueWith(static _ => { }, TaskScheduler.Default));
        if (_random.May(.3)) await VerifyAsync();
        await OpenAsync();
        for (var i = 0; i < sent.Length; i++)
        {
            var again = await SendAsync(sent[i]);
            if (answered[i] && sent[i].Request?.DryRun != true) Assert.Equal(Means(await under[i]), Means(again));
            await KeepAsync(sent[i], again);
        }
    }

    /// <summary>Asks on where a kill may still be felt.</summary>
    private async Task<Reply<T>> AskAsync<T>(Func<IDecisionNode, ValueTask<Reply<T>>> call)
        where T : class
    {
        while (true)
        {
            var reply = await call(_host.Node);
            if (reply.Refusal?.Kind != RefusalKind.Unavailable || !_host.MayRefuse) return reply;
            await Task.Delay(10);
        }
    }

    private static IEnumerable<string> Shown(DecisionAnswer answer) => ShownOffer.Of(answer).Select(shown => shown.OfferId);

    private async Task<object> SendAsync(Sent sent)
    {
        if (sent.Request is { } request)
        {
            var decided = await AskAsync(node => node.DecideAsync(request));
            return (object?)decided.Value ?? decided.Refusal!;
        }

        var taken = await AskAsync(node => sent.Queued ? node.QueueAsync(sent.Touchpoints) : node.IngestAsync(sent.Touchpoints));
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

    private async Task KeepAsync(Sent sent, object answer)
    {
        if (answer is IngestAnswer taken)
        {
            Assert.Empty(taken.Rejected);
            sent.Customer.Take(sent.Touchpoints, sent.Queued ? null : Now);
            if (sent.Queued && !sent.Customer.Known) await UntilSameAsync(async () => (await ReadAsync(sent.Customer)).IsRefused ? $"{sent.Customer.Id} is not known" : "");
            sent.Customer.Known = true;
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
        sent.Customer.Known = true;
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

        var again = await AskAsync(node => node.DecideAsync(decided.Request));
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
        var known = _random.Of([.. customer.Ids]);
        Assert.Null((await AskAsync(node => node.AddAliasAsync(known, alias))).Refusal);
        customer.Ids.Add(alias);
    }

    private async Task EraseAsync()
    {
        var customer = _random.Of(_customers);
        var known = _random.Of([.. customer.Ids]);
        var erased = await AskAsync(node => node.EraseAsync(known));
        Say($"erase {customer.Id}");
        if (!customer.Known)
        {
            Assert.True(erased.Refusal is null or { Kind: RefusalKind.NotFound }, $"{customer.Id}: {erased.Refusal}");
            return;
        }

        Assert.Null(erased.Refusal);
        customer.Erase(Now);
        Assert.Equal(RefusalKind.NotFound, (await ReadAsync(customer)).Refusal?.Kind);
    }

    private Task<Reply<CustomerView>> ReadAsync(WalkedCustomer customer) => AskAsync(node => node.ReadCustomerAsync(customer.Id));

    private async Task SwitchAsync()
    {
        var (campaign, offer, paused, inStock) = ($"c{_random.Next(WalkCatalog.Campaigns)}", DrawOffer(), _random.May(.4), _random.May(.6));
        var refusal = _random.May(.5)
            ? (await AskAsync(node => node.SetPausedAsync(campaign, paused))).Refusal
            : (await AskAsync(node => node.SetStockAsync(offer, inStock))).Refusal;
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
            var reply = await AskAsync(node => node.PublishAsync(bundle, null, PublishNote.None));
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
        var version = _random.Of([.. (await AskAsync(node => node.ReadVersionsAsync(0, 100))).Value!.Versions]).Version;
        var bundle = (await AskAsync(node => node.ReadVersionAsync(version))).Value!.Bundle;
        var reply = await AskAsync(node => node.PublishAsync(bundle, null, new PublishNote(null, null, version)));
        Say($"roll back to {version}");
        Assert.Null(reply.Refusal);
        if (reply.Value!.Published) Live(reply.Value.Version, _drawn[version]);
    }

    private void Live(int version, string drawn)
    {
        _drawn[version] = drawn;
        _caps.Take(version, drawn);
    }

    private Task OpenAsync()
    {
        var (commit, age, keep) = (_random.Of(CommitMode.Sync, CommitMode.Sync, CommitMode.Async), _random.Of(1, 50, 30_000), _random.May(.7) ? 0 : _random.Next(7, 30));
        return _host.OpenAsync(
            options => options with
            {
                Commit = commit,
                SnapshotAge = TimeSpan.FromMilliseconds(age),
                Retention = keep == 0 ? null : new RetentionOptions { Keep = TimeSpan.FromDays(keep), Every = TimeSpan.FromMinutes(1), LookEvery = TimeSpan.FromMilliseconds(5), RecordsTogether = 40 },
            },
            _clock);
    }

    private async Task VerifyAsync()
    {
        var report = await _host.VerifyAsync();
        Assert.True(report.IsClean, report.ToText());
    }

    private async Task RestartAsync()
    {
        Say("restart");
        await _host.CloseAsync();
        if (_random.May(.5)) await VerifyAsync();
        await OpenAsync();
    }

    private async Task CutAsync()
    {
        if (_random.May(.8)) await UntilSameAsync(() => Task.FromResult(_host.IsFolded ? "" : "somebody is still to be folded anew"));
        await _host.CloseAsync();
        var report = await _host.CutAsync(_clock.GetUtcNow() - TimeSpan.FromDays(_random.Next(7, 20)));
        Say($"cut {report.Records} records {report.Refusal}");
        await VerifyAsync();
        await OpenAsync();
    }
}
