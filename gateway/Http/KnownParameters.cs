using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>What an address says behind its question mark must be known: whoever misspells it would be taken for somebody who did not say it.</summary>
internal static class KnownParameters
{
    /// <param name="known">None: everything belongs into the body.</param>
    public static void Check(HttpRequest request, ErrorList errors, params string[] known)
    {
        foreach (var name in request.Query.Keys.Where(name => !known.Contains(name, StringComparer.Ordinal)))
        {
            errors.Add(Labels.Shown(name), "is not a known parameter; " + known.Length switch
            {
                0 => "what is asked for stands in the body",
                1 => $"known is {known[0]}",
                _ => $"known are {string.Join(", ", known)}",
            });
        }
    }
}
