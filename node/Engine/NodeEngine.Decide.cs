using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Deciding.</content>
public sealed partial class NodeEngine
{
    public async ValueTask<Reply<DecisionAnswer>> DecideAsync(DecisionRequest request, CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref _environment) is not { } environment)
        {
            return NoCatalog();
        }

        var clock = request.DryRun ? null : _time as SimulatedClock;
        var now = Math.Max(_time.NowMicros(), clock is null ? 0 : request.AtMicros ?? 0);
        if (RequestChecks.Check(request, environment.Catalog, now, takesTime: _time is SimulatedClock) is { } refusal)
        {
            return refusal;
        }

        if (request.BodyHash == 0)
        {
            request = request with { BodyHash = RequestMeaning.Hash(request) };
        }

        // Only a request that is served moves the simulated clock.
        clock?.AdvanceTo(now);
        if (now >= _keeper.RolloverMicros)
        {
            await _keeper.RolloverAsync();
        }

        var decisionId = request.DecisionId ?? Guid.CreateVersion7().ToString("N");
        var decisionHash = _hashes.Decision.Hash128(decisionId);

        // Of several requests under one id the first decides; the others wait and are answered from the log.
        var isClaimed = request.DecisionId is not null && !request.DryRun;
        while (isClaimed && !_claims.TryClaim(decisionHash, out var other))
        {
            await other.WaitAsync(cancellation);
        }

        try
        {
            if (isClaimed && _recent.AddOrMayContain(decisionHash) && _log.Reader.FindDecision(decisionHash) is { } row)
            {
                return Repeat(request, row);
            }

            for (var attempt = 1; ; attempt++)
            {
                var result = await WithCellAsync(
                    _hashes.Identity.Hash128(request.CustomerId),
                    (Engine: this, Request: request, Id: decisionId, Hash: decisionHash),
                    static (cell, environment, it) => it.Engine.DecideIn(cell, environment, it.Request, it.Id, it.Hash));

                var failure = result.Refused ? TakesNothing : null;
                if (result.Pending is { } pending && !_options.Stepped)
                {
                    using (pending.GiveUpOn(cancellation))
                    {
                        failure = await pending.Outcome;
                    }
                }

                if (failure is not null)
                {
                    var mayTryAgain = MayTryAgain(failure, attempt);

                    // Before trying again as well: a repeat among repeats would take the next ones down with it once more.
                    if ((mayTryAgain || failure.Kind == LogFailureKind.DecisionClash) && _log.Reader.FindDecision(decisionHash) is { } written)
                    {
                        return Repeat(request, written);
                    }

                    if (mayTryAgain)
                    {
                        continue;
                    }

                    return Outage(request, Failure(failure), "log");
                }

                _metrics.CountDecision(result.Value);
                return result.Value;
            }
        }
        catch (Exception unavailable) when (IsUnreadable(unavailable))
        {
            return Outage(request, Unreadable(unavailable), IsDamage(unavailable) ? "damage" : "log");
        }
        catch (OperationCanceledException) when (isClaimed && cancellation.IsCancellationRequested)
        {
            // The record may be under way: a repeat waits for it too.
            isClaimed = false;
            _ = LetGoAsync(decisionHash);
            throw;
        }
        finally
        {
            if (isClaimed)
            {
                _claims.LetGo(decisionHash);
            }
        }
    }

    /// <summary>Lets go of a decision id once all that is queued has its outcome.</summary>
    private async Task LetGoAsync(UInt128 decisionHash)
    {
        try
        {
            await _log.FlushAsync(CancellationToken.None);
        }
        catch (Exception closed) when (IsOutage(closed))
        {
            // Nothing will come of it any more.
        }
        finally
        {
            _claims.LetGo(decisionHash);
        }
    }

    /// <summary>Under the cell's lock, the cell ready.</summary>
    private CommandResult<Reply<DecisionAnswer>> DecideIn(
        CustomerCell cell, DecisionEnvironment environment, DecisionRequest request, string decisionId, UInt128 decisionHash)
    {
        if (cell.Tombstone is { } tombstone && Tombstones.Knows(tombstone, (ulong)decisionHash))
        {
            return new CommandResult<Reply<DecisionAnswer>>(
                new Refusal(RefusalKind.Erased, "the customer of this decision was erased"), null, false);
        }

        var placements = new Placement[request.Placements.Length];
        for (var i = 0; i < placements.Length; i++)
        {
            if (!environment.Catalog.PlacementById.TryGetValue(request.Placements[i].Id, out placements[i]!))
            {
                // A publish took it away since the request was checked.
                return new CommandResult<Reply<DecisionAnswer>>(RequestChecks.UnknownPlacement(i, request.Placements[i].Id), null, false);
            }
        }

        if (request.DryRun)
        {
            return new CommandResult<Reply<DecisionAnswer>>(
                _commands.DryRun(cell, request, placements, decisionId, decisionHash, environment), null, false);
        }

        var decided = _commands.Decide(cell, request, placements, decisionId, decisionHash, environment);
        return new CommandResult<Reply<DecisionAnswer>>(decided.Value, decided.Pending, decided.Refused);
    }

    /// <summary>The answer of a decision that is in the log, if the request is the same.</summary>
    private Reply<DecisionAnswer> Repeat(DecisionRequest request, LogRow row)
    {
        var identity = _log.Reader.FindIdentity(_hashes.Identity.Hash128(request.CustomerId));
        if (identity is null || identity.Customer != row.Customer)
        {
            return new Refusal(RefusalKind.Conflict, $"decisionId '{request.DecisionId}' was used for another customer");
        }

        if (FindDecision(row, identity.DataKey) is not { } fact)
        {
            return new Refusal(RefusalKind.Erased, "the customer of this decision was erased");
        }

        if (fact.BodyHash != request.BodyHash)
        {
            return new Refusal(RefusalKind.Conflict, $"decisionId '{request.DecisionId}' was used with another request");
        }

        return _catalogs.Version(fact.CatalogVersion) is { } catalog
            ? AnswerBuilder.Build(fact, request.CustomerId, catalog, request.Explain, repeated: true)
            : new Refusal(RefusalKind.Unavailable, $"catalog version {fact.CatalogVersion} of this decision cannot be read");
    }

    private static DecisionFact? FindDecision(LogRow row, byte[] dataKey)
    {
        if (row.Personal.Length == 0)
        {
            return null;
        }

        foreach (var fact in FactCodec.Read(row.Accounting, PersonalCipher.Decrypt(dataKey, row.Personal)))
        {
            if (fact is DecisionFact decision)
            {
                return decision;
            }
        }

        return null;
    }

    /// <summary>503, or the fallbacks where every placement asked for prefers them: marked, counted nowhere.</summary>
    private Reply<DecisionAnswer> Outage(DecisionRequest request, Refusal refusal, string reason)
    {
        _metrics.CountRefused(reason);
        var catalog = Volatile.Read(ref _environment)!.Catalog;
        var placements = new PlacementAnswer[request.Placements.Length];
        for (var i = 0; i < placements.Length; i++)
        {
            if (!catalog.PlacementById.TryGetValue(request.Placements[i].Id, out var placement) || !placement.FallbackOnOutage || request.DryRun)
            {
                return refusal;
            }

            placements[i] = new PlacementAnswer
            {
                PlacementId = placement.Id,
                PolicyId = placement.Policy.Id,
                Holdout = false,
                Offers = placement.Fallback is { } fallback
                    ? [new OfferAnswer(1, fallback.OfferId, null, fallback.Creatives[0], null, null, Fallback: true)]
                    : [],
            };
        }

        return new DecisionAnswer
        {
            // Of a decision that is not in the log, but a caller sends it back with what happens, and an empty one would be refused.
            DecisionId = request.DecisionId ?? Guid.CreateVersion7().ToString("N"),
            CustomerId = request.CustomerId,
            AtMicros = _time.NowMicros(),
            CatalogVersion = catalog.Version,
            Degraded = true,
            Placements = placements,
        };
    }

    private Refusal Failure(LogFailure failure) => new(
        RefusalKind.Unavailable,
        failure.Kind switch
        {
            LogFailureKind.Fenced => Ended,
            LogFailureKind.SequenceClash => "this customer is written by another process",
            _ => "the log cannot be written now; nothing was applied",
        },
        RetryAfter: TimeSpan.FromSeconds(1));

    private static Refusal NoCatalog() =>
        new(RefusalKind.Unavailable, "no catalog is published yet", RetryAfter: TimeSpan.FromSeconds(5));
}
