using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Customers;

/// <summary>Brings customers back from the store: snapshot and tail, or the whole history when the definitions they were folded with have changed.</summary>
public sealed class CustomerLoader(ILogReader reader)
{
    private const int Page = 512;

    /// <summary>Fills a cell that is not loaded. A customer nobody knows stays without a state.</summary>
    public void Load(CustomerCell cell, CatalogSnapshot catalog)
    {
        // Also for a customer that came back under an erased id: redeliveries of what was erased must still be dropped.
        cell.Tombstone = reader.FindTombstone(cell.IdHash);
        if (reader.FindIdentity(cell.IdHash) is { } identity)
        {
            cell.DataKey = identity.DataKey;
            cell.State = Load(identity, catalog);
        }

        cell.IsLoaded = true;
    }

    public CustomerState Load(IdentityRow identity, CatalogSnapshot catalog)
    {
        if (reader.LoadSnapshot(identity.Customer) is { } snapshot)
        {
            var saved = CustomerState.Read(identity.Customer, PersonalCipher.Decrypt(identity.DataKey, snapshot.State));
            if (saved.DefinitionsHash == catalog.DefinitionsHash)
            {
                Fold(saved, identity.DataKey, catalog);
                return saved;
            }
        }

        return Refold(identity.Customer, identity.DataKey, catalog);
    }

    /// <summary>Folds the whole history with the definitions of a catalog.</summary>
    public CustomerState Refold(CustomerKey customer, byte[] dataKey, CatalogSnapshot catalog)
    {
        var state = new CustomerState(customer);
        state.BeginDefinitions(catalog);
        Fold(state, dataKey, catalog);
        return state;
    }

    /// <summary>A record's facts, personal parts included.</summary>
    public static List<Fact> Decode(LogRow row, byte[]? dataKey) =>
        FactCodec.Read(row.Accounting, dataKey is null ? [] : PersonalCipher.Decrypt(dataKey, row.Personal));

    private void Fold(CustomerState state, byte[] dataKey, CatalogSnapshot catalog)
    {
        while (true)
        {
            var rows = reader.ReadCustomer(state.Key, state.Sequence, Page);
            foreach (var row in rows)
            {
                foreach (var fact in Decode(row, dataKey))
                {
                    state.Apply(fact, row.CustomerSequence, catalog);
                }

                state.Prune();
            }

            if (rows.Count < Page)
            {
                return;
            }
        }
    }
}
