using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Retention;

/// <summary>Walks over the bases of all customers, page by page.</summary>
internal static class CustomerBases
{
    private const int Page = 500;

    /// <exception cref="Decisioning.Codec.CorruptDataException">One is damaged.</exception>
    public static IEnumerable<(BaseRow Row, CustomerBase Base)> All(ILogReader reader) => Rows(reader).Select(row => (row, CustomerBase.Read(row)));

    public static IEnumerable<BaseRow> Rows(ILogReader reader)
    {
        CustomerKey after = default;
        while (true)
        {
            var rows = reader.ReadBases(after, Page);
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < Page)
            {
                yield break;
            }

            after = rows[^1].Customer;
        }
    }
}
