using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class SampleTests
{
    private static readonly CatalogCompilation Compilation =
        CatalogCompiler.Compile(CatalogText.SampleBundle(), IdRegistry.Empty, 1, CatalogText.Now);

    [Fact]
    public void the_sample_shop_compiles_without_errors_and_warnings() => Assert.Equal("", string.Join('\n', Compilation.Diagnostics));

    [Fact]
    public void the_sample_for_those_who_come_from_azure_personalizer_compiles_without_errors_and_warnings()
    {
        var bundle = CatalogFolder.Read(Path.Combine(CatalogText.Repository, "samples", "azure-personalizer"), new DiagnosticBag())!;

        Assert.Equal("", string.Join('\n', CatalogCompiler.Compile(bundle, IdRegistry.Empty, 1, CatalogText.Now).Diagnostics));
    }

    [Fact]
    public void the_sample_shop_shows_what_a_catalog_can_say()
    {
        var catalog = Compilation.Snapshot!;

        Assert.True(catalog.Campaigns.Length >= 9);
        Assert.True(catalog.Offers.Length >= 34);
        Assert.All(catalog.Offers, offer => Assert.Equal("zh-CN en", string.Join(' ', offer.Creatives.Select(creative => creative.Locale))));
        Assert.Equal("app message web", string.Join(' ', catalog.ChannelNumbers.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(Enum.GetValues<CapPer>().Order(), catalog.CapScopes.Select(scope => scope.Cap.Per).Distinct().Order());
        Assert.Equal(Enum.GetValues<SettleOn>().Order(), catalog.Campaigns.Select(campaign => campaign.Budget?.SettleOn).OfType<SettleOn>().Distinct().Order());
        Assert.Equal(Enum.GetValues<ReserveKind>().Order(), catalog.Campaigns.Select(campaign => campaign.Budget?.Reserve).OfType<ReserveKind>().Distinct().Order());
        Assert.Contains(catalog.Offers, offer => offer.ExclusionGroup is not null);
        Assert.Contains(catalog.Offers, offer => !offer.ContextWeights.IsEmpty);
        Assert.Contains(catalog.Offers, offer => !offer.Consents.IsEmpty);
        Assert.Contains(catalog.Placements, placement => placement.QuietHours is not null);
    }

    [Fact]
    public void the_sample_shop_shows_what_can_be_said_of_customers_over_time()
    {
        var catalog = Compilation.Snapshot!;
        var segments = catalog.Segments.ToDictionary(segment => segment.Id, StringComparer.Ordinal);

        Assert.Equal("purchase", catalog.Rfm?.Type);
        Assert.Contains("rfm.champions", segments.Keys, StringComparer.Ordinal);
        Assert.Contains(segments["rfm.at-risk"].Ordinal, segments["worth-winning-back"].Uses);
        Assert.Contains(catalog.Segments, segment => segment.Sums.Length > 1);
        Assert.Contains(catalog.CapScopes, scope => scope.Cap.IsContactBudget);
        Assert.Equal(Enum.GetValues<SuppressOn>().Order(), catalog.Suppression.Select(rule => rule.On).Order());
        Assert.NotNull(catalog.CustomerZones);
        var quiet = Assert.Single(catalog.Placements, placement => placement.Channel == "message").QuietHours!;
        Assert.Equal((QuietAction.Hold, null), (quiet.Action, quiet.Zone));
    }

    [Fact]
    public void the_sample_shop_tries_things_out_and_keeps_somebody_to_compare_with()
    {
        var experiments = Compilation.Snapshot!.Experiments;

        Assert.Equal(Experiment.GlobalHoldout, experiments[0].Id);
        var (first, second) = (experiments[1], experiments[2]);
        Assert.Equal(first.Layer, second.Layer);
        Assert.Contains(experiments, experiment => experiment.Audience >= 0);
        Assert.Contains(first.Variants, variant => variant.OfferToLever.Count > 0);
        Assert.Contains(second.Variants, variant => variant.Policy is not null);
    }

    [Fact]
    public void every_placement_of_the_sample_has_an_offer_for_somebody_nobody_knows_and_its_flight_is_open_for_years()
    {
        var catalog = Compilation.Snapshot!;
        var unknown = new UnknownCustomer(catalog);

        var nobodysPlacements = catalog.Placements
            .Where(placement => !placement.Offers.Any(offer =>
                offer.Rules.All(rule => catalog.Rules[rule].EvaluateBool(unknown) == RuleOutcome.True) && offer.Consents.All(consent => consent.UnknownAllows)))
            .Select(placement => placement.Id);

        Assert.Empty(nobodysPlacements);
        Assert.All(catalog.Campaigns, campaign => Assert.True(campaign.EndMicros > CatalogText.Now.AddYears(3).ToUnixTimeMilliseconds() * 1000));
    }

    /// <summary>Never seen: counts are 0, attributes have their defaults, all else is absent.</summary>
    private sealed class UnknownCustomer(CatalogSnapshot catalog) : IRuleInput
    {
        public bool TryGet(int slot, out CelValue value)
        {
            var path = catalog.Schema.Slots[slot];
            value = path.Variable switch
            {
                "metrics" => path.Type.Equals(CelType.Int) ? CelValue.Of(0L) : CelValue.Of(0.0),
                "counts" => CelValue.Of(0L),
                "value" => CelValue.Of(0.0),
                "segments" => CelValue.ListOf(catalog.Segments.Where(segment => segment.Id == "new-visitor").Select(segment => segment.Id)),
                "customer" when path.Field is { } name && catalog.AttributeByName.TryGetValue(name, out var attribute) => attribute.Default ?? default,
                _ => default,
            };
            return !value.IsError;
        }
    }
}
