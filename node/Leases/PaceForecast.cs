using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Node.Leases;

/// <summary>Opportunities that a node expects a paced campaign to have yet, and at which price. Those of several nodes add up.</summary>
/// <param name="Day">Until its budget day ends; 0 without a daily budget.</param>
/// <param name="Flight">Until its flight ends; 0 without a total budget.</param>
/// <param name="DayPriced">The same times the price of the day's money.</param>
/// <param name="FlightPriced">The same times the price of the flight's money.</param>
public readonly record struct PaceForecast(double Day, double Flight, double DayPriced, double FlightPriced)
{
    public static PaceForecast operator +(PaceForecast left, PaceForecast right) =>
        new(left.Day + right.Day, left.Flight + right.Flight, left.DayPriced + right.DayPriced, left.FlightPriced + right.FlightPriced);

    public static void Write(ByteWriter writer, IReadOnlyCollection<KeyValuePair<int, PaceForecast>> byCampaign)
    {
        writer.Count(byCampaign.Count);
        foreach (var (campaign, forecast) in byCampaign)
        {
            writer.Count(campaign);
            writer.Double(forecast.Day);
            writer.Double(forecast.Flight);
            writer.Double(forecast.DayPriced);
            writer.Double(forecast.FlightPriced);
        }
    }

    /// <summary>By campaign number.</summary>
    /// <exception cref="CorruptDataException">Cut, or a number is none that can be expected.</exception>
    public static Dictionary<int, PaceForecast> Read(ref ByteReader reader)
    {
        var byCampaign = new Dictionary<int, PaceForecast>();
        for (var count = reader.Items(33); count > 0; count--)
        {
            byCampaign[reader.Count()] = new PaceForecast(Amount(ref reader), Amount(ref reader), Amount(ref reader), Amount(ref reader));
        }

        return byCampaign;
    }

    private static double Amount(ref ByteReader reader) =>
        reader.Double() is >= 0 and < 1e30 and var amount ? amount : throw new CorruptDataException("a forecast is no number from 0");
}
