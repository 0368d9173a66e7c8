using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>Reads an id out of a path, percent-decoded exactly once.</summary>
/// <remarks>
/// The server leaves %2F in the path but decodes %25, so that after it <c>a%2Fb</c> and <c>a%252Fb</c> look the same. The request line still
/// tells them apart, so the id comes from there.
/// </remarks>
internal static class PathId
{
    /// <summary>Segment of the id in <c>/v1/things/{id}</c>: the third.</summary>
    private const int Segment = 3;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns><c>null</c>, with the mistake, when it breaks the rule for ids.</returns>
    public static string? Read(HttpContext context, out string? mistake)
    {
        var encoded = Encoded(context);
        string id;
        try
        {
            id = Decode(encoded).Trim();
        }
        catch (ArgumentException)
        {
            mistake = "is not valid UTF-8 after percent-decoding";
            return null;
        }

        mistake = Labels.WrongId(id);
        return mistake is null ? id : null;
    }

    private static string Encoded(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var end = target.IndexOf('?');
        var segments = (end < 0 ? target : target[..end]).Split('/');

        // Another number of segments than the route has: an absolute target, dot segments, a host that keeps no target.
        var path = context.Request.Path.Value ?? "";
        return segments.Length == path.Split('/').Length && segments.Length > Segment
            ? segments[Segment]
            : Uri.EscapeDataString((context.Request.RouteValues["id"] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));
    }

    private static string Decode(string encoded)
    {
        if (!encoded.Contains('%'))
        {
            return encoded;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        var length = 0;
        for (var rest = encoded.AsSpan(); !rest.IsEmpty;)
        {
            if (rest.Length > 2 && rest[0] == '%' && char.IsAsciiHexDigit(rest[1]) && char.IsAsciiHexDigit(rest[2]))
            {
                bytes[length++] = byte.Parse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                rest = rest[3..];
                continue;
            }

            var plain = rest[1..].IndexOf('%') is var next && next < 0 ? rest.Length : next + 1;
            length += Strict.GetBytes(rest[..plain], bytes.AsSpan(length));
            rest = rest[plain..];
        }

        return Strict.GetString(bytes.AsSpan(0, length));
    }
}
