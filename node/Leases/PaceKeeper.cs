using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Pacing;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Leases;

/// <summary>Steers the shadow price of every paced campaign once a second, from what the node's decisions saw and spent.</summary>
/// <remarks>The price is not kept over a restart: it is found again within minutes, and each decision logs the one it used.</remarks>
public sealed class PaceKeeper(LeaseBook leases, IAccounts accounts, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>So far the clock may go back while the price stays as it is; from further back it is found anew, as after a restart.</summary>
    private static readonly long MostBackMicros = TimeSpan.FromMinutes(1).Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<int, PacedCampaign> _paced = [];
    private readonly PacingOptions _options = new();
    private CatalogSnapshot? _catalog;
    private byte[] _forecasts = [];
    private Task _loop = Task.CompletedTask;

    /// <summary>What is expected of all that are paced, as <see cref="PaceForecast.Write"/> writes it; as of the last tick.</summary>
    public byte[] Forecasts => Volatile.Read(ref _forecasts);

    public void Use(CatalogSnapshot catalog) => Volatile.Write(ref _catalog, catalog);

    public void Start() => _loop = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    /// <summary>One tick of the controller, up to now.</summary>
    public void Advance()
    {
        if (Volatile.Read(ref _catalog) is not { } catalog)
        {
            return;
        }

        var now = time.NowMicros();
        foreach (var gone in _paced.Keys.Where(number => !catalog.CampaignByNumber.ContainsKey(number)).ToList())
        {
            // Should it come back, it begins anew: the time without it says nothing about its traffic.
            leases[gone].Price = 0;
            _paced.Remove(gone);
        }

        foreach (var campaign in catalog.Campaigns)
        {
            var lease = leases[campaign.Number];
            if (campaign.Budget is not { Paced: true } budget)
            {
                lease.Price = 0;
                _paced.Remove(campaign.Number);
                continue;
            }

            if (!_paced.TryGetValue(campaign.Number, out var paced) || paced.From - now > MostBackMicros)
            {
                _paced[campaign.Number] = paced = new PacedCampaign(now, lease);
            }

            if (campaign.Paused || lease.Paused || now < campaign.StartMicros)
            {
                // That nobody asks is no sign of what the day will bring.
                paced.Skip(now, lease);
            }
            else if (now > paced.From)
            {
                lease.Price = paced.Advance(campaign, budget, lease, catalog, now, accounts, _options) * 1e6;
            }
        }

        using var writer = new ByteWriter(256);
        PaceForecast.Write(writer, [.. _paced.Select(paced => KeyValuePair.Create(paced.Key, paced.Value.Forecast))]);
        Volatile.Write(ref _forecasts, writer.ToArray());
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Advance();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
