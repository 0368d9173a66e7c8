using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>What operators look at and switch.</content>
public sealed partial class NodeEngine
{
    private const string PausesKey = "campaigns.paused";

    /// <summary>Each failed one means that another node got through.</summary>
    private const int MostPauseAttempts = 100;

    public async ValueTask<Reply<IReadOnlyList<CampaignView>>> ReadCampaignsAsync(CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (await WaitForFiguresAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return Reply<IReadOnlyList<CampaignView>>.From([.. catalog.Campaigns.Select(campaign => View(campaign, catalog))]);
    }

    public async ValueTask<Reply<CampaignView>> ReadCampaignAsync(string campaignId, CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (!catalog.CampaignById.TryGetValue(campaignId, out var campaign))
        {
            return NoCampaign(campaignId);
        }

        if (await WaitForFiguresAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return View(campaign, catalog);
    }

    public async ValueTask<Reply<CampaignView>> SetPausedAsync(string campaignId, bool paused, CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (!catalog.CampaignById.TryGetValue(campaignId, out var campaign))
        {
            return NoCampaign(campaignId);
        }

        await _publishing.WaitAsync(cancellation);
        try
        {
            for (var attempt = 1; !await TrySetPausedAsync(campaign.Number, paused); attempt++)
            {
                if (attempt == MostPauseAttempts)
                {
                    throw new NodeUnavailableException("other nodes pause and resume campaigns at the same moment");
                }
            }

            await AnnounceAsync();
        }
        catch (Exception failure) when (failure is NodeUnavailableException or NodeLogException)
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, failure.Message));
        }
        finally
        {
            _publishing.Release();
        }

        return await ReadCampaignAsync(campaignId, cancellation);
    }

    public async ValueTask<Reply<IReadOnlyList<SegmentView>>> ReadSegmentsAsync(CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (await WaitForSegmentsAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return Reply<IReadOnlyList<SegmentView>>.From(SegmentViews.All(catalog, _accounts, SegmentProgress));
    }

    public async ValueTask<Reply<SegmentView>> ReadSegmentAsync(string segmentId, CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (!catalog.SegmentPlan.TryFind(segmentId, out var segment))
        {
            return SegmentViews.NoSegment(segmentId);
        }

        if (await WaitForSegmentsAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return SegmentViews.One(segment, catalog, _accounts, SegmentProgress, _time.NowMicros());
    }

    public async ValueTask<Reply<SegmentOverlapView>> ReadSegmentOverlapAsync(string segmentId, string withId, CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (await WaitForSegmentsAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return SegmentViews.Overlap(segmentId, withId, catalog, _accounts);
    }

    /// <summary>Waits until the figures have all that is committed here: in a cluster that hangs on their owners, who may be out of reach.</summary>
    private async ValueTask<Refusal?> WaitForFiguresAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(MostFiguresWait);
        try
        {
            await _accounts.WaitAsync(limit.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Refusal(
                RefusalKind.Unavailable,
                $"the figures have not all that was committed here, and did not get it within {MostFiguresWait.TotalSeconds:F0} s",
                RetryAfter: MostFiguresWait);
        }
    }

    /// <summary>Waits until the figures of segments have all that is committed; those of a large store are restored behind the first decisions of a start.</summary>
    private async ValueTask<Refusal?> WaitForSegmentsAsync(CancellationToken cancellation)
    {
        if (await WaitForFiguresAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        try
        {
            await _accounts.RestoreSegmentsAsync().WaitAsync(MostFiguresWait, cancellation);
            return null;
        }
        catch (TimeoutException)
        {
            return new Refusal(RefusalKind.Unavailable, "the figures of segments are being restored after a start", RetryAfter: MostFiguresWait);
        }
    }

    public async ValueTask<Reply<PolicyView>> ReadPolicyAsync(string placementId, CancellationToken cancellation = default)
    {
        if (_catalogs.Live is not { } catalog)
        {
            return NoCatalog();
        }

        if (!catalog.PlacementById.TryGetValue(placementId, out var placement))
        {
            return new Refusal(RefusalKind.NotFound, $"there is no placement '{placementId}'");
        }

        if (await WaitForFiguresAsync(cancellation) is { } refusal)
        {
            return refusal;
        }

        return PolicyViews.Of(placement, catalog, _accounts, _time.NowMicros());
    }

    internal int CatalogVersion => _catalogs.Live?.Version ?? 0;

    /// <summary>A figure of every budgeted campaign of the live catalog, by campaign.</summary>
    internal IEnumerable<System.Diagnostics.Metrics.Measurement<double>> CampaignGauges(Func<CampaignLease, double> read) =>
        _catalogs.Live is not { } catalog
            ? []
            : catalog.Campaigns
                .Where(campaign => campaign.Budget is not null)
                .Select(campaign => new System.Diagnostics.Metrics.Measurement<double>(
                    read(_leases[campaign.Number]), new KeyValuePair<string, object?>("campaign", campaign.Id)));

    /// <summary>Writes the pause and the list of all that are paused, in one transaction. One caller at a time.</summary>
    /// <returns><c>false</c>: another node has changed the list meanwhile.</returns>
    private async Task<bool> TrySetPausedAsync(int campaign, bool paused)
    {
        // Another node may have paused something since.
        var before = LoadPauses();
        var lease = _leases[campaign];
        if (lease.Paused == paused)
        {
            return true;
        }

        using var writer = new ByteWriter();
        foreach (var number in _leases.All.Where(known => known.Campaign == campaign ? paused : known.Paused).Select(known => known.Campaign).Append(0))
        {
            writer.Count(number);
        }

        var after = writer.ToArray();
        var now = _time.NowMicros();
        try
        {
            await _log.AppendNodeFactAsync(new PauseChangedFact(campaign, paused, now), now, transaction => transaction.ReplaceValue(PausesKey, before, after));
        }
        catch (InvalidOperationException)
        {
            return false;
        }

        lease.Paused = paused;
        return true;
    }

    /// <returns>The list as it is stored.</returns>
    private byte[]? LoadPauses()
    {
        var paused = new HashSet<int>();
        var saved = _log.Reader.GetValue(PausesKey);
        if (saved is not null)
        {
            var reader = new ByteReader(saved);
            for (var number = reader.Count(); number != 0; number = reader.Count())
            {
                paused.Add(number);
            }
        }

        foreach (var number in paused)
        {
            _leases[number].Paused = true;
        }

        foreach (var lease in _leases.All.Where(lease => lease.Paused && !paused.Contains(lease.Campaign)))
        {
            lease.Paused = false;
        }

        return saved;
    }

    private CampaignView View(Campaign campaign, CatalogSnapshot catalog)
    {
        var now = _time.NowMicros();
        var lease = _leases[campaign.Number];
        return _accounts.Read(fold =>
        {
            var ledger = fold.Ledgers.GetValueOrDefault(campaign.Number);
            var day = BudgetDay.Of(campaign, now);
            var status = lease.Paused || campaign.Paused ? "paused"
                : now < campaign.StartMicros ? "scheduled"
                : now >= campaign.EndMicros ? "ended"
                : "live";
            return new CampaignView(
                campaign.Id,
                campaign.Name,
                status,
                lease.Paused,
                catalog.Currency,
                campaign.Budget?.TotalMicros is { } total ? View(ledger, 0, total) : null,
                campaign.Budget?.DailyMicros is { } daily ? View(ledger, day, daily) : null,
                lease.Price,
                [.. campaign.Offers.Select(offer => View(offer, ledger, offer.InStock && !_stock.Off.Contains(offer.Number)))],
                fold.Watermark);
        });
    }

    private static LedgerView View(CampaignLedger? ledger, int day, long budgetMicros)
    {
        var account = ledger?.Accounts.GetValueOrDefault(day) ?? new LedgerAccount();
        return new LedgerView(
            day,
            budgetMicros,
            account.SettledMicros,
            account.ReservedMicros,
            account.LeasedMicros,
            account.FreeMicros(budgetMicros),
            account.UnbilledMicros);
    }

    private static OfferResultView View(Offer offer, CampaignLedger? ledger, bool inStock)
    {
        var tally = ledger?.Offers.GetValueOrDefault(offer.Number) ?? default;
        return new OfferResultView(
            offer.Id, tally.Decisions, tally.Impressions, tally.Clicks, tally.Conversions, tally.Rewards, tally.SettledMicros, tally.ValueMicros,
            inStock);
    }

    private static Refusal NoCampaign(string campaignId) => new(RefusalKind.NotFound, $"there is no campaign '{campaignId}'");
}
