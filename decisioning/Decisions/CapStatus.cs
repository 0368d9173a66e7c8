using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>How far a customer has used each cap, for people to read.</summary>
public static class CapStatus
{
    /// <summary>Scopes with anything counted or reserved: events counted in the window, and open reservations beside them.</summary>
    public static IReadOnlyList<(CapScope Scope, int Counted, int Reserved)> Of(CustomerState state, CatalogSnapshot catalog, long nowMicros)
    {
        using var workspace = new DecisionWorkspace();
        workspace.Begin(catalog.CapScopes.Length);
        Caps.CapUse.Begin(state, catalog, nowMicros, workspace);
        var rows = new List<(CapScope, int, int)>();
        foreach (var scope in catalog.CapScopes)
        {
            var used = workspace.CapUsed(scope);
            if (used > 0)
            {
                var counted = state.CountCapped(scope, nowMicros);
                rows.Add((scope, counted, used - counted));
            }
        }

        return rows;
    }
}
