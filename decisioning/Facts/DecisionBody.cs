using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Facts;

/// <summary>Stored form of a decision: who, id, body hash and context are personal; everything else is accounting.</summary>
internal static class DecisionBody
{
    private const byte HasHold = 1;
    private const byte HasExposures = 2;

    public static void WriteAccounting(DecisionFact fact, ByteWriter writer)
    {
        writer.Signed(fact.AtMicros);
        writer.Count(fact.CatalogVersion);
        writer.Fixed64((ulong)(fact.DecisionHash >> 64));
        writer.Fixed64((ulong)fact.DecisionHash);
        writer.Count(fact.Placements.Length);
        foreach (var placement in fact.Placements)
        {
            writer.Count(placement.Placement);
            writer.Count(placement.Policy);
            writer.Bool(placement.Holdout);
            writer.Count(placement.Segment);
            writer.Signed(placement.ModelVersion);
            writer.Count(placement.Offers.Length);
            foreach (var offer in placement.Offers)
            {
                WriteOffer(offer, writer);
            }

            writer.Blob(placement.Trace.Span);
        }

        WriteExtras(fact.Placements, writer);
    }

    /// <param name="toFold">Only what a fold looks at; see <see cref="FactCodec.ReadToFold"/>.</param>
    public static DecisionFact Read(ref ByteReader accounting, ref ByteReader personal, bool toFold)
    {
        var hasPersonal = !personal.AtEnd && !toFold;
        var decisionId = hasPersonal ? personal.Text() : null;
        var bodyHash = hasPersonal ? personal.Fixed64() : 0;
        Property[] context = hasPersonal ? PropertyBody.Read(ref personal) : [];

        var at = accounting.Signed();
        var version = accounting.Count();
        var upper = accounting.Fixed64();
        var lower = accounting.Fixed64();
        var placements = new PlacementDecision[accounting.Items()];
        for (var i = 0; i < placements.Length; i++)
        {
            var placement = accounting.Count();
            var policy = accounting.Count();
            var holdout = accounting.Bool();
            var segment = accounting.Count();
            var modelVersion = accounting.Signed();
            var offers = new ServedOffer[accounting.Items()];
            for (var j = 0; j < offers.Length; j++)
            {
                offers[j] = ReadOffer(ref accounting);
            }

            placements[i] = new PlacementDecision(placement, policy, holdout, segment, modelVersion, offers)
            {
                Trace = accounting.Blob() is var trace && toFold ? default : trace.ToArray(),
            };
        }

        ReadExtras(placements, ref accounting);

        return new DecisionFact
        {
            AtMicros = at,
            CatalogVersion = version,
            DecisionId = decisionId,
            DecisionHash = new UInt128(upper, lower),
            BodyHash = bodyHash,
            Context = context,
            Placements = placements,
        };
    }

    /// <summary>What few placements have, behind all of them: <c>{ flags:byte holdUntil? exposures? }</c> for each, or nothing when none has any.</summary>
    private static void WriteExtras(PlacementDecision[] placements, ByteWriter writer)
    {
        if (!Array.Exists(placements, static placement => placement.HoldUntilMicros != 0 || placement.Exposures.Length > 0))
        {
            return;
        }

        foreach (var placement in placements)
        {
            var (holds, isExposed) = (placement.HoldUntilMicros != 0, placement.Exposures.Length > 0);
            writer.Byte((byte)((holds ? HasHold : 0) | (isExposed ? HasExposures : 0)));
            if (holds)
            {
                writer.Signed(placement.HoldUntilMicros);
            }

            if (isExposed)
            {
                writer.Count(placement.Exposures.Length);
                foreach (var (experiment, variant, slot) in placement.Exposures)
                {
                    writer.Count(experiment);
                    writer.Count(variant);
                    writer.Count(slot);
                }
            }
        }
    }

    private static void ReadExtras(PlacementDecision[] placements, ref ByteReader reader)
    {
        for (var i = 0; i < placements.Length && !reader.AtEnd; i++)
        {
            var flags = reader.Byte();
            if (flags == 0)
            {
                continue;
            }

            var holdUntil = (flags & HasHold) != 0 ? reader.Signed() : 0;
            var exposures = (flags & HasExposures) != 0 ? new ExperimentExposure[reader.Items(3)] : [];
            for (var j = 0; j < exposures.Length; j++)
            {
                exposures[j] = new ExperimentExposure(reader.Count(), reader.Count(), reader.Count());
            }

            placements[i] = placements[i] with { HoldUntilMicros = holdUntil, Exposures = exposures };
        }
    }

    private static void WriteOffer(ServedOffer offer, ByteWriter writer)
    {
        writer.Count(offer.Offer);
        writer.Count(offer.Creative);
        writer.Count(offer.Campaign);
        writer.Count(offer.Category);
        writer.Count(offer.Channel);
        writer.Double(offer.Propensity);
        writer.Double(offer.Score);
        writer.Signed(offer.CostMicros);
        writer.Signed(offer.ReservedMicros);
        writer.Signed(offer.SettledMicros);
        writer.Bool(offer.ChargesTotal);
        writer.Count(offer.BudgetDay);
        writer.Signed(offer.HoldUntilMicros);
        writer.Signed(offer.ReserveUntilMicros);
        writer.Signed(offer.GoalUntilMicros);
    }

    private static ServedOffer ReadOffer(ref ByteReader reader) => new()
    {
        Offer = reader.Count(),
        Creative = reader.Count(),
        Campaign = reader.Count(),
        Category = reader.Count(),
        Channel = reader.Count(),
        Propensity = reader.Double(),
        Score = reader.Double(),
        CostMicros = reader.Signed(),
        ReservedMicros = reader.Signed(),
        SettledMicros = reader.Signed(),
        ChargesTotal = reader.Bool(),
        BudgetDay = reader.Count(),
        HoldUntilMicros = reader.Signed(),
        ReserveUntilMicros = reader.Signed(),
        GoalUntilMicros = reader.Signed(),
    };
}
