using System.ComponentModel.DataAnnotations;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Customers;

/// <summary>Another outside id of a customer.</summary>
internal sealed record AliasBody([property: Required, StringLength(256, MinimumLength = 1)] string Alias);

/// <summary>Every outside id of a customer, the first first.</summary>
internal sealed record CustomerIdsBody(string CustomerId, IReadOnlyList<string> Ids)
{
    public static CustomerIdsBody From(CustomerIds ids) => new(ids.CustomerId, ids.Ids);
}
