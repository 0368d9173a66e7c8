using System.Text;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Gateway.Json;

/// <summary>Texts that come with nearly every touchpoint, so that reading one again makes no new string.</summary>
internal static class KnownText
{
    private static readonly (byte[] Utf8, string Text)[] Known =
    [
        .. ((string[])
        [
            .. TouchpointTypes.All,
            "web", "app", "email", "push", "sms", "store", "channel", "device", "locale", "mobile", "desktop", "tablet", "home.hero",
        ]).Select(text => (Encoding.UTF8.GetBytes(text), text)),
    ];

    // By length: most lengths have one to three candidates.
    private static readonly (byte[] Utf8, string Text)[][] ByLength =
        [.. Enumerable.Range(0, 11).Select(length => Known.Where(known => known.Text.Length == length).ToArray())];

    public static string Of(ReadOnlySpan<byte> ascii)
    {
        if (ascii.Length < ByLength.Length)
        {
            foreach (var (utf8, text) in ByLength[ascii.Length])
            {
                if (ascii.SequenceEqual(utf8))
                {
                    return text;
                }
            }
        }

        return Encoding.UTF8.GetString(ascii);
    }
}
