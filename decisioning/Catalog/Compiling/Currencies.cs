using System.Collections.Frozen;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Currency codes of ISO 4217 in use in 2026, without funds, metals and test codes.</summary>
internal static class Currencies
{
    public static readonly FrozenSet<string> Codes = (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK "
        + "DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS "
        + "KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
        + "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP "
        + "TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Codes people write that are not the currency's own.</summary>
    public static string? Usual(string code) => code switch
    {
        "RMB" or "CNH" or "YUAN" => "CNY",
        "¥" => "CNY or JPY",
        "€" => "EUR",
        "$" => "USD",
        "£" => "GBP",
        _ => Codes.Contains(code.ToUpperInvariant()) ? code.ToUpperInvariant() : null,
    };
}
