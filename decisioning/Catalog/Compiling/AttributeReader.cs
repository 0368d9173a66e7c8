using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>tier: { type: string, default: none, values: [none, gold] }</c>, or <c>tier: string</c> for short.</summary>
internal static class AttributeReader
{
    private static readonly string[] Known = ["type", "default", "values"];

    public static AttributeDefinition? Read(CompileContext context, string name, SourceEntry entry)
    {
        var path = $"attributes/{name}";
        if (!Declarations.IsRuleName(context, name, entry.Key, path))
            return null;
        if (name == Declarations.LastChannel)
        {
            context.Bag.Error(
                CatalogCodes.DuplicateId, entry.Key, path, $"'{name}' is always there: the channel of the last touchpoint.",
                "take another name");
            return null;
        }

        if (entry.Value is SourceScalar { IsNothing: false } only)
            return FieldTypes.Find(context, only, path) is { } type ? new AttributeDefinition(name, type, null, []) : null;
        return Fields.Of(context, entry.Value, path, Known) is { } fields ? Read(context, name, fields) : null;
    }

    private static AttributeDefinition? Read(CompileContext context, string name, Fields fields)
    {
        if (!fields.Require("type", FieldTypes.Hint) || fields.Scalar("type") is not { } typeName
            || FieldTypes.Find(context, typeName, fields.PathOf("type")) is not { } type)
            return null;
        var values = Values(context, fields, type);
        var fallback = fields.Node("default");
        if (fallback is null)
            return new AttributeDefinition(name, type, null, values);

        var value = FieldTypes.Value(type, fallback);
        if (value is null)
            context.Bag.Error(CatalogCodes.WrongType, fallback, fields.PathOf("default"), fallback is SourceScalar { Text: var written } ? $"'{Amounts.Shown(written)}' is not a value of type {type}." : $"This is not a value of type {type}.");
        else if (!values.IsEmpty && fallback is SourceScalar { Text: var text } && !values.Contains(text, StringComparer.Ordinal))
        {
            context.Bag.Error(
                CatalogCodes.UnknownValue, fallback, fields.PathOf("default"), $"'{text}' is not among the values.",
                context.DidYouMeanOrList(text, values, "value"));
        }

        return new AttributeDefinition(name, type, value, values);
    }

    private static ImmutableArray<string> Values(CompileContext context, Fields fields, CelType type)
    {
        if (fields.Node("values") is not { } node)
            return [];
        if (type.Equals(CelType.String))
            return [.. fields.Names("values").Select(value => value.Id)];
        context.Bag.Error(CatalogCodes.WrongType, node, fields.PathOf("values"), "Only attributes of type string have a list of values.");
        return [];
    }
}
