namespace PmOrleans.Decisioning.Budgets;

/// <summary>All leases of a node by campaign number. Grows when a publish brings new campaigns; reading takes no lock.</summary>
public sealed class LeaseBook
{
    private readonly Lock _gate = new();
    private CampaignLease[] _leases = [];

    /// <summary>The lease of a campaign, made on first use.</summary>
    public CampaignLease this[int campaign]
    {
        get
        {
            var leases = Volatile.Read(ref _leases);
            return campaign < leases.Length ? leases[campaign] : Grow(campaign);
        }
    }

    public IReadOnlyList<CampaignLease> All => Volatile.Read(ref _leases);

    private CampaignLease Grow(int campaign)
    {
        lock (_gate)
        {
            var leases = _leases;
            if (campaign >= leases.Length)
            {
                var larger = new CampaignLease[Math.Max(campaign + 1, leases.Length * 2)];
                leases.CopyTo(larger, 0);
                for (var i = leases.Length; i < larger.Length; i++)
                {
                    larger[i] = new CampaignLease(i);
                }

                Volatile.Write(ref _leases, leases = larger);
            }

            return leases[campaign];
        }
    }
}
