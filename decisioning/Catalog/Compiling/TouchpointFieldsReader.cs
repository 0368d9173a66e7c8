using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads what properties touchpoints of a type have: <c>view: { category: string, price: double }</c>.</summary>
internal static class TouchpointFieldsReader
{
    public static Dictionary<string, TouchpointFields> Read(CompileContext context, IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        Dictionary<string, TouchpointFields> typeToFields = new(StringComparer.Ordinal);
        foreach (var (type, entry) in entries)
        {
            var path = $"touchpoints/{type}";
            if (TouchpointTypes.Problem(type) is { } problem)
                context.Bag.Error(CatalogCodes.BadId, entry.Key, path, problem);
            else if (entry.Value is SourceMap map)
                typeToFields[type] = new TouchpointFields(type, Properties(context, map, path));
            else
            {
                context.Bag.Error(
                    CatalogCodes.WrongType, entry.Value, path, $"Here stands {entry.Value.Kind}; its properties are expected.",
                    "e.g. { category: string, price: double }");
            }
        }

        return typeToFields;
    }

    private static Dictionary<string, CelType> Properties(CompileContext context, SourceMap map, string path)
    {
        Dictionary<string, CelType> properties = new(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            var name = entry.Key.Text.Trim();
            var place = $"{path}/{name}";
            if (!TouchpointTypes.IsName(name))
            {
                context.Bag.Error(
                    CatalogCodes.BadId, entry.Key, path, $"A property is a letter followed by letters, digits, _ or -, at most {TouchpointTypes.MaxLength}.");
            }
            else if (name is TouchpointFields.Value or TouchpointFields.Channel)
            {
                context.Bag.Error(CatalogCodes.DuplicateId, entry.Key, place, $"Every touchpoint may have a '{name}'.", "leave it out");
            }
            else if (entry.Value is not SourceScalar { IsNothing: false } type)
            {
                context.Bag.Error(
                    CatalogCodes.WrongType, entry.Value, place, $"Here stands {entry.Value.Kind}; the name of a type is expected.", FieldTypes.Hint);
            }
            else if (FieldTypes.Find(context, type, place) is { } found && !properties.TryAdd(name, found))
            {
                context.Bag.Error(CatalogCodes.DuplicateId, entry.Key, place, $"'{name}' is there twice.");
            }
        }

        return properties;
    }
}
