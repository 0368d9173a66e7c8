using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Facts;

/// <summary>Stored form of an outcome: accounting only, nothing personal.</summary>
internal static class OutcomeBody
{
    private const int HasMoney = 1;
    private const int IsHoldout = 2;
    private const int IsLate = 4;
    private const int HasExposures = 8;

    public static void Write(OutcomeFact fact, ByteWriter writer)
    {
        var hasMoney = (fact.SettledMicros | fact.FromReserveMicros | fact.ReleasedMicros | fact.UnbilledMicros) != 0
            || fact.BudgetDay != 0 || fact.ChargesTotal;
        writer.Byte((byte)fact.Event);
        writer.Byte((byte)((hasMoney ? HasMoney : 0) | (fact.Holdout ? IsHoldout : 0) | (fact.Late ? IsLate : 0) | (fact.Exposures.Length > 0 ? HasExposures : 0)));
        writer.Signed(fact.AtMicros);
        writer.Signed(fact.DecisionSequence);
        writer.Count(fact.Slot);
        writer.Count(fact.Offer);
        writer.Count(fact.Campaign);
        writer.Count(fact.Category);
        writer.Count(fact.Channel);
        writer.Count(fact.Placement);
        writer.Count(fact.Policy);
        writer.Count(fact.Segment);
        writer.Signed(fact.DecisionAtMicros);
        writer.Signed(fact.ValueMicros);
        writer.Signed(fact.Reward);
        if (hasMoney)
        {
            writer.Signed(fact.SettledMicros);
            writer.Signed(fact.FromReserveMicros);
            writer.Signed(fact.ReleasedMicros);
            writer.Signed(fact.UnbilledMicros);
            writer.Bool(fact.ChargesTotal);
            writer.Count(fact.BudgetDay);
        }

        if (fact.Exposures.Length > 0)
        {
            writer.Count(fact.Exposures.Length);
            foreach (var (experiment, variant, slot, before) in fact.Exposures)
            {
                writer.Count(experiment);
                writer.Count(variant);
                writer.Count(slot);
                writer.Signed(before);
            }
        }
    }

    public static OutcomeFact Read(ref ByteReader reader)
    {
        var kind = (OutcomeEvent)reader.Byte();
        var flags = reader.Byte();
        var hasMoney = (flags & HasMoney) != 0;
        return new OutcomeFact
        {
            Event = kind,
            Holdout = (flags & IsHoldout) != 0,
            Late = (flags & IsLate) != 0,
            AtMicros = reader.Signed(),
            DecisionSequence = reader.Signed(),
            Slot = reader.Count(),
            Offer = reader.Count(),
            Campaign = reader.Count(),
            Category = reader.Count(),
            Channel = reader.Count(),
            Placement = reader.Count(),
            Policy = reader.Count(),
            Segment = reader.Count(),
            DecisionAtMicros = reader.Signed(),
            ValueMicros = reader.Signed(),
            Reward = (int)reader.Signed(),
            SettledMicros = hasMoney ? reader.Signed() : 0,
            FromReserveMicros = hasMoney ? reader.Signed() : 0,
            ReleasedMicros = hasMoney ? reader.Signed() : 0,
            UnbilledMicros = hasMoney ? reader.Signed() : 0,
            ChargesTotal = hasMoney && reader.Bool(),
            BudgetDay = hasMoney ? reader.Count() : 0,
            Exposures = (flags & HasExposures) != 0 ? ReadExposures(ref reader) : [],
        };
    }

    private static OutcomeExposure[] ReadExposures(ref ByteReader reader)
    {
        var exposures = new OutcomeExposure[reader.Items(4)];
        for (var i = 0; i < exposures.Length; i++)
        {
            exposures[i] = new OutcomeExposure(reader.Count(), reader.Count(), reader.Count(), reader.Signed());
        }

        return exposures;
    }
}
