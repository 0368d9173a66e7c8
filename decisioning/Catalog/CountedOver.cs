namespace PmOrleans.Decisioning.Catalog;

/// <summary>What an event counts for under a cap or a suppression rule.</summary>
internal static class CountedOver
{
    /// <summary>Number of the offer, campaign, category or channel, 0 over all; -1: it is none, or another one than the only one.</summary>
    /// <param name="only">Number of the only category or channel it is about; 0: each by itself.</param>
    public static int Of(CapPer per, int only, int offer, int campaign, int category, int channel)
    {
        var over = per switch
        {
            CapPer.Offer => offer,
            CapPer.Campaign => campaign,
            CapPer.Category => category,
            CapPer.Channel => channel,
            _ => 0,
        };
        return per == CapPer.All || (over != 0 && (only == 0 || only == over)) ? over : -1;
    }
}
