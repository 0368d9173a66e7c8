using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Reach;

/// <summary>Offers with the same rules, consents and placements: whom they could reach differs by caps only, so they are counted together.</summary>
internal sealed class ReachGroup
{
    private readonly long[] _consentFails;
    private readonly ConsentRequirement[] _consents;

    private ReachGroup(CatalogSnapshot catalog, Offer[] offers)
    {
        Offers = offers;
        Rules = [.. offers[0].Rules];
        Placements = [.. offers[0].PlacementIds.Select(id => catalog.PlacementById[id])];
        _consents = [.. offers[0].Consents.Concat(Placements.SelectMany(placement => placement.Consents)).DistinctBy(consent => consent.Purpose, StringComparer.Ordinal)];
        _consentFails = new long[_consents.Length];
    }

    public Offer[] Offers { get; }

    public int[] Rules { get; }

    public Placement[] Placements { get; }

    /// <summary>Customers for whom the rules hold and the consents are given, at one placement at least.</summary>
    public long Eligible { get; set; }

    public static ReachGroup[] Of(CatalogSnapshot catalog) =>
    [
        .. catalog.Offers
            .GroupBy(
                offer => string.Join(',', offer.Rules) + "|" + string.Join(',', offer.Consents.Select(consent => consent.Purpose)) + "|" + string.Join(',', offer.PlacementIds),
                StringComparer.Ordinal)
            .Select(group => new ReachGroup(catalog, [.. group])),
    ];

    /// <summary>Whether all rules hold and the consents are given; counts the consents that are not, whatever the rules say.</summary>
    public bool Passes(CustomerState state, bool[] holds)
    {
        var passes = _consents.Length == 0 || HasConsents(state);
        foreach (var rule in Rules)
        {
            passes &= holds[rule];
        }

        return passes;
    }

    public void Add(ReachGroup other)
    {
        Eligible += other.Eligible;
        for (var i = 0; i < _consentFails.Length; i++)
        {
            _consentFails[i] += other._consentFails[i];
        }
    }

    /// <summary>What removes customers, each by itself: one that fails two counts for both.</summary>
    public IEnumerable<ReachRemoval> Removals(long[] ruleFails, CatalogSnapshot catalog) =>
        Rules.Where(rule => ruleFails[rule] > 0)
            .Select(rule => new ReachRemoval(RemovalReason.Eligibility, catalog.Rules[rule].Source.Trim(), ruleFails[rule]))
            .Concat(_consents
                .Select((consent, i) => new ReachRemoval(RemovalReason.Consent, consent.Purpose, _consentFails[i]))
                .Where(removal => removal.Customers > 0));

    private bool HasConsents(CustomerState state)
    {
        var somewhere = Placements.Length == 0;
        foreach (var placement in Placements)
        {
            var here = true;
            foreach (var consent in _consents)
            {
                here &= !IsNeeded(consent, placement) || consent.IsGiven(state, placement.Channel);
            }

            somewhere |= here;
        }

        for (var i = 0; i < _consents.Length; i++)
        {
            _consentFails[i] += IsGivenSomewhere(_consents[i], state) ? 0 : 1;
        }

        return somewhere;
    }

    private bool IsGivenSomewhere(ConsentRequirement consent, CustomerState state)
    {
        foreach (var placement in Placements)
        {
            if (!IsNeeded(consent, placement) || consent.IsGiven(state, placement.Channel))
            {
                return true;
            }
        }

        return Placements.Length == 0;
    }

    private bool IsNeeded(ConsentRequirement consent, Placement placement) =>
        Offers[0].Consents.Contains(consent) || placement.Consents.Contains(consent);
}
