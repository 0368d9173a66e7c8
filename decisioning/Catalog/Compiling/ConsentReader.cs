using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>consents: { marketing: { unknown: deny, channels: { push: allow } } }</c>, and the lists <c>consent: [marketing]</c> that name them.</summary>
internal static class ConsentReader
{
    private static readonly string[] Known = ["unknown", "channels"];

    public static IReadOnlyDictionary<string, ConsentRequirement> Declared(CompileContext context, IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        Dictionary<string, ConsentRequirement> consents = new(StringComparer.Ordinal);
        foreach (var (id, entry) in entries)
        {
            var path = $"consents/{id}";
            var fields = entry.Value is SourceScalar { IsNothing: true } ? null : Fields.Of(context, entry.Value, path, Known);
            consents[id] = new ConsentRequirement(id, fields is not null && Unknown(fields, "unknown"))
            {
                Number = context.Number(IdKind.Purpose, id, null, entry.Key, path),
                ChannelToUnknownAllows = fields is null ? FrozenDictionary<string, bool>.Empty : Channels(context, fields),
            };
        }

        return consents;
    }

    /// <summary>The consents that a campaign, offer or placement asks for.</summary>
    public static ImmutableArray<ConsentRequirement> Named(Fields fields, IReadOnlyDictionary<string, ConsentRequirement> declared, CompileContext context)
    {
        if (fields.Node("consent") is null)
            return [];
        var consents = ImmutableArray.CreateBuilder<ConsentRequirement>();
        foreach (var (purpose, at) in fields.Names("consent"))
        {
            if (declared.TryGetValue(purpose, out var consent))
                consents.Add(consent);
            else
            {
                context.Bag.Error(
                    CatalogCodes.UnknownReference, at, fields.PathOf("consent"), $"There is no consent '{purpose}'.",
                    context.DidYouMeanOrList(purpose, [.. declared.Keys], "consent"));
            }
        }

        return consents.ToImmutable();
    }

    private static FrozenDictionary<string, bool> Channels(CompileContext context, Fields fields)
    {
        if (fields.Node("channels") is not SourceMap map)
        {
            if (fields.Node("channels") is { } other)
                context.Bag.Error(CatalogCodes.WrongType, other, fields.PathOf("channels"), $"Here stands {other.Kind}; a mapping is expected.", "e.g. { push: allow }");
            return FrozenDictionary<string, bool>.Empty;
        }

        string[] names = [.. map.Entries.Select(entry => entry.Key.Text)];
        var channels = Fields.Of(context, map, fields.PathOf("channels"), names)!;
        return names.Distinct(StringComparer.Ordinal).ToFrozenDictionary(name => name.Trim(), name => Unknown(channels, name), StringComparer.Ordinal);
    }

    private static bool Unknown(Fields fields, string key) => fields.Choice(key, false, ("allow", true), ("deny", false));
}
