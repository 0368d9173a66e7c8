using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Lists of ids of things that are declared elsewhere.</summary>
internal static class References
{
    /// <summary>The ids under a key that there are; an error for each of the others.</summary>
    /// <param name="what">What they are ids of, in the singular.</param>
    public static ImmutableArray<string> Of(CompileContext context, Fields fields, string key, IReadOnlySet<string> known, string what)
    {
        var ids = ImmutableArray.CreateBuilder<string>();
        foreach (var (id, at) in fields.Names(key))
        {
            if (known.Contains(id))
                ids.Add(id);
            else
            {
                context.Bag.Error(
                    CatalogCodes.UnknownReference, at, fields.PathOf(key), $"There is no {what} '{id}'.",
                    context.DidYouMeanOrList(id, [.. known], what));
            }
        }

        return ids.ToImmutable();
    }
}
