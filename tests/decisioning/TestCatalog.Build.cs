using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Tests;

/// <content>What was declared becomes a snapshot.</content>
internal sealed partial class TestCatalog
{
    public CatalogSnapshot Build(int version = 1, IdRegistry? known = null)
    {
        var registry = known ?? IdRegistry.Empty;
        var schema = new RuleSchema()
            .DeclareObject("customer", _attributes.ToDictionary(attribute => attribute.Name, attribute => attribute.Type, StringComparer.Ordinal)
                .Append(new("lastChannel", CelType.String)).ToDictionary(StringComparer.Ordinal))
            .DeclareObject("metrics", _metrics.ToDictionary(
                metric => metric.Name, metric => metric.Type, StringComparer.Ordinal))
            .DeclareOpenObject("counts", CelType.Int)
            .DeclareOpenObject("value", CelType.Double)
            .DeclareOpenObject("recency", CelType.Duration)
            .DeclareVariable("segments", CelType.List(CelType.String))
            .DeclareOpenObject("consent", CelType.String)
            .DeclareObject("context", _context);
        if (_rfm is not null)
        {
            schema.DeclareObject("rfm", new[] { "r", "f", "m", "cell" }.ToDictionary(name => name, _ => CelType.Int, StringComparer.Ordinal));
        }

        var rules = new List<CompiledRule>();
        var ruleByText = new Dictionary<string, int>(StringComparer.Ordinal);

        var segments = _segments.Select((segment, i) => new Segment(segment.Id, Number(IdKind.Segment, segment.Id), i, Rule(segment.Rule), null)
        {
            Sums = [.. segment.Sums.Select(sum => Amount(sum, SegmentAmountSource.Expression, RuleCompiler.Compile(sum, schema, CelType.Dyn).Rule!))],
        }).ToImmutableArray();
        var rfm = _rfm is null ? null : new RfmDefinition(
            _rfm,
            Amount("last", SegmentAmountSource.RfmLastAt, null),
            Amount("count", SegmentAmountSource.RfmCount, null),
            Amount("value", SegmentAmountSource.RfmValue, null));
        var metrics = _metrics.Select(metric => metric with { Number = Number(IdKind.Metric, metric.Name) }).ToImmutableArray();
        var policyIds = _policies.Keys.Union(_placements.Select(placement => placement.Policy), StringComparer.Ordinal);
        var policies = policyIds.Select((id, i) => MakePolicy(id, i, segments)).ToImmutableArray();
        var campaignIds = _campaigns.Keys.Union(_offers.Select(offer => offer.Campaign), StringComparer.Ordinal);
        var campaigns = campaignIds.Select(MakeCampaign).ToImmutableArray();
        var channels = _placements.Select(placement => placement.Channel).Distinct(StringComparer.Ordinal)
            .ToFrozenDictionary(channel => channel, channel => Number(IdKind.Channel, channel), StringComparer.Ordinal);
        foreach (var offer in _offers)
        {
            _ = Number(IdKind.Offer, offer.Id, offer.Campaign);
            _ = offer.Category is null ? 0 : Number(IdKind.Category, offer.Category);
        }

        var scopes = new List<CapScope>();
        foreach (var (id, capped, per, limit, window) in _caps)
        {
            var cap = new Cap(id, Number(IdKind.Cap, id), capped, per, limit, window);
            foreach (var over in Overs(per).Distinct())
            {
                scopes.Add(new CapScope(scopes.Count, cap, over));
            }
        }

        foreach (var (capped, limit, window, weights) in _contactBudgets)
        {
            scopes.Add(new CapScope(scopes.Count, new Cap("contacts", Number(IdKind.Cap, "contacts"), capped, CapPer.All, limit, window)
            {
                ChannelToWeight = weights.ToFrozenDictionary(weight => Number(IdKind.Channel, weight.Channel), weight => weight.Weight),
            }, 0));
        }

        var suppression = _suppression.Select(rule => new SuppressionRule(
            rule.Id, Number(IdKind.Suppression, rule.Id), rule.On, rule.Per, 0, rule.After, rule.Within, rule.Pause)).ToImmutableArray();
        var groups = _offers.Select(offer => offer.Group).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var offers = _offers.Select(MakeOffer).ToImmutableArray();
        foreach (var campaign in campaigns)
        {
            campaign.Offers = [.. offers.Where(offer => offer.Campaign == campaign)];
        }

        var parts = new TestCatalogParts(policies, offers, Rule);
        ImmutableArray<Experiment> experiments = [.. _experiments.Select(make => make(parts))];
        foreach (var experiment in experiments)
        {
            // In the order of their numbers, which tests give them.
            Assert.Equal(experiment.Number, Number(IdKind.Experiment, experiment.Id));
            Assert.All(experiment.Variants, variant => Assert.Equal(variant.Number, Number(IdKind.Variant, $"{experiment.Id}/{variant.Id}")));
        }

        var compiled = rules.ToImmutableArray();
        var placements = _placements.Select((placement, i) => MakePlacement(placement, i)).ToImmutableArray();
        return new CatalogSnapshot
        {
            Version = version,
            Hash = $"test-{version}",
            DefinitionsHash = (ulong)(_metrics.Count + (100 * _caps.Count) + (10_000 * _suppression.Count)),
            CountersHash = (ulong)((100 * _caps.Count) + (10_000 * _suppression.Count)),
            Suppression = suppression,
            Experiments = experiments,
            CustomerZones = ZoneAttribute is null ? null : new CustomerZones(ZoneAttribute, null, TimeZoneInfo.Utc),
            Currency = "CNY",
            Zone = TimeZoneInfo.Utc,
            DefaultLocale = "en",
            CapHold = CapHold,
            ConversionTypes = new[] { "purchase" }.ToFrozenSet(StringComparer.Ordinal),
            Schema = schema,
            Rules = compiled,
            Attributes = [.. _attributes],
            Metrics = metrics,
            Segments = segments,
            Rfm = rfm,
            Policies = policies,
            Placements = placements,
            Campaigns = campaigns,
            Offers = offers,
            CapScopes = [.. scopes],
            AttributeByName = _attributes.ToFrozenDictionary(attribute => attribute.Name, StringComparer.Ordinal),
            PlacementById = placements.ToFrozenDictionary(placement => placement.Id, StringComparer.Ordinal),
            CampaignById = campaigns.ToFrozenDictionary(campaign => campaign.Id, StringComparer.Ordinal),
            OfferById = offers.ToFrozenDictionary(offer => offer.Id, StringComparer.Ordinal),
            OfferByNumber = offers.ToFrozenDictionary(offer => offer.Number),
            CampaignByNumber = campaigns.ToFrozenDictionary(campaign => campaign.Number),
            PolicyByNumber = policies.ToFrozenDictionary(policy => policy.Number),
            PlacementByNumber = placements.ToFrozenDictionary(placement => placement.Number),
            CapScopeByCounter = scopes.ToFrozenDictionary(scope => scope.CounterId),
            CapScopesByChannel = scopes.Where(scope => scope.Cap.Per == CapPer.Channel).GroupBy(scope => scope.Over)
                .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray()),
            ChannelNumbers = channels,
            Registry = registry,
        };

        int Number(IdKind kind, string id, string? owner = null)
        {
            registry = registry.With(kind, id, owner, out var number);
            return number;
        }

        SegmentAmountDefinition Amount(string text, SegmentAmountSource source, CompiledRule? expression) =>
            new(text, Number(IdKind.SegmentAmount, text), source, expression);

        int Rule(string text)
        {
            if (!ruleByText.TryGetValue(text, out var index))
            {
                var compilation = RuleCompiler.Compile(text, schema, CelType.Bool);
                Assert.True(compilation.Succeeded, text + "\n" + string.Join('\n', compilation.Diagnostics));
                ruleByText.Add(text, index = rules.Count);
                rules.Add(compilation.Rule!);
            }

            return index;
        }

        IEnumerable<int> Overs(CapPer per) => per switch
        {
            CapPer.Offer => _offers.Select(offer => Number(IdKind.Offer, offer.Id)),
            CapPer.Campaign => campaigns.Select(campaign => campaign.Number),
            CapPer.Category => _offers.Where(offer => offer.Category is not null).Select(offer => Number(IdKind.Category, offer.Category!)),
            CapPer.Channel => channels.Values,
            _ => [0],
        };

        Policy MakePolicy(string id, int ordinal, ImmutableArray<Segment> known)
        {
            var (exploration, goal, model, names) = _policies.TryGetValue(id, out var declared)
                ? declared
                : (new ExplorationOptions(), new Goal("click", TimeSpan.FromDays(1)), new BetaOptions(), []);
            return new Policy
            {
                Id = id,
                Number = Number(IdKind.Policy, id),
                Ordinal = ordinal,
                Goal = goal,
                Model = model,
                ExplorationOptions = exploration,
                Exploration = Explorations.Create(exploration),
                Segments = [.. names.Select(name => known.Single(segment => segment.Id == name))],
            };
        }

        Campaign MakeCampaign(string id, int ordinal)
        {
            var (budget, start, end, zone, rule) = _campaigns.TryGetValue(id, out var declared)
                ? declared
                : (null, long.MinValue, long.MaxValue, TimeZoneInfo.Utc, null);
            return new Campaign
            {
                Id = id,
                Number = Number(IdKind.Campaign, id),
                Ordinal = ordinal,
                StartMicros = start,
                EndMicros = end,
                Zone = zone,
                Budget = budget,
                Caps = [],
                Rule = rule is null ? -1 : Rule(rule),
                LeverPercent = 0,
                Paused = false,
            };
        }

        Offer MakeOffer(OfferSpec spec, int ordinal)
        {
            var campaign = campaigns.Single(known => known.Id == spec.Campaign);
            var number = Number(IdKind.Offer, spec.Id);
            var category = spec.Category is null ? 0 : Number(IdKind.Category, spec.Category);
            return new Offer
            {
                Id = spec.Id,
                Number = number,
                Ordinal = ordinal,
                Campaign = campaign,
                Category = spec.Category,
                CategoryNumber = category,
                Value = spec.Value,
                CostMicros = spec.CostMicros,
                LeverPercent = spec.LeverPercent,
                Rules = [.. (campaign.Rule < 0 ? [] : new[] { campaign.Rule }), .. spec.Rules.Select(Rule)],
                CapScopes = [.. scopes.Where(scope => scope.Over == scope.Cap.Per switch
                {
                    CapPer.Offer => number,
                    CapPer.Campaign => campaign.Number,
                    CapPer.Category when category != 0 => category,
                    CapPer.All => 0,
                    _ => -1,
                })],
                ContextWeights = [.. spec.Weights.Select(weight => new ContextWeight(Rule(weight.Rule), weight.Percent))],
                Consents = [.. spec.Consents],
                ExclusionGroup = spec.Group,
                ExclusionGroupOrdinal = spec.Group is null ? -1 : groups.IndexOf(spec.Group),
                InStock = spec.InStock,
                Creatives = [.. spec.Creatives.Select(creative => Creative(spec.Id, creative.Id, creative.Locale))],
                PlacementIds = [.. spec.Placements ?? _placements.Select(placement => placement.Id)],
            };
        }

        Creative Creative(string offer, string id, string? locale) =>
            new(id, Number(IdKind.Creative, offer + "/" + id, offer), locale, Encoding.UTF8.GetBytes("{}"));

        Placement MakePlacement(
            (string Id, int Slots, string Channel, string Policy, double Holdout, string? Fallback, QuietHours? Quiet) spec, int ordinal)
        {
            ImmutableArray<Offer> here = [.. offers.Where(offer => offer.PlacementIds.Contains(spec.Id, StringComparer.Ordinal))];
            return new Placement
            {
                Id = spec.Id,
                Number = Number(IdKind.Placement, spec.Id),
                Ordinal = ordinal,
                Slots = spec.Slots,
                Channel = spec.Channel,
                ChannelNumber = channels[spec.Channel],
                Policy = policies.Single(policy => policy.Id == spec.Policy),
                HoldoutShare = spec.Holdout,
                Fallback = spec.Fallback is null ? null : new Fallback(spec.Fallback, [Creative(spec.Fallback, "only", null)]),
                QuietHours = spec.Quiet,
                Consents = [.. PlacementConsents],
                Experiments = [.. experiments.Where(experiment => experiment.ActsAt(spec.Id))],
                FallbackOnOutage = false,
                Offers = here,
                Candidates = CandidateIndex.Build(here, compiled),
            };
        }
    }
}
