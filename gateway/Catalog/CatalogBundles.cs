using System.Text.Json;
using System.Text.Unicode;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Catalog;

/// <summary>Reads bundles: within the size, UTF-8, JSON, not too deep. What is in them is the node's to judge.</summary>
internal sealed class CatalogBundles(Admission admission, GatewayOptions options)
{
    /// <summary>Deeper than a request may be: content of creatives is nested freely.</summary>
    private const int MaxDepth = 64;

    public async Task<IResult> WithBundleAsync(HttpContext context, Func<ReadOnlyMemory<byte>, Task<IResult>> then)
    {
        if (!ContentTypes.IsJson(context.Request))
        {
            return new Answered(ContentTypes.RefuseAsync(context));
        }

        if (!admission.TryEnter(context, options.MaxCatalogBytes, out var lease, out var refused))
        {
            return new Answered(refused);
        }

        using (lease)
        {
            using var body = await RequestBody.ReadAsync(context, options.MaxCatalogBytes, lease!);
            if (body is null)
            {
                return new Answered(admission.UnreadAsync(context, options.MaxCatalogBytes, lease!));
            }

            if (Wrong(Unmarked(body.Span)) is { } wrong)
            {
                return new ProblemResult(FieldPath.Body, wrong);
            }

            // The node may keep what it is given; the buffer goes back to the pool.
            return await then(Unmarked(body.Span).ToArray());
        }
    }

    /// <summary>Without the byte order mark that some editors and shells put before everything.</summary>
    private static ReadOnlySpan<byte> Unmarked(ReadOnlySpan<byte> body) => body.StartsWith("\uFEFF"u8) ? body[3..] : body;

    private static string? Wrong(ReadOnlySpan<byte> bundle)
    {
        if (bundle.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return "is empty; JSON is expected";
        }

        if (!Utf8.IsValid(bundle))
        {
            return "is not valid UTF-8";
        }

        try
        {
            var reader = new Utf8JsonReader(bundle, new JsonReaderOptions { MaxDepth = MaxDepth });
            while (reader.Read())
            {
                if (BrokenJson.HasHalfCharacter(reader))
                {
                    return BrokenJson.HalfCharacter(bundle, reader.TokenStartIndex);
                }
            }

            return null;
        }
        catch (JsonException broken)
        {
            return BrokenJson.Describe(broken, bundle);
        }
    }
}
