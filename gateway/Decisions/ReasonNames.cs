using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Gateway.Decisions;

/// <summary>Reasons as they are spelled in answers.</summary>
internal static class ReasonNames
{
    private static readonly string[] Names = [.. Enum.GetValues<RemovalReason>().Select(Kebab)];

    public static string Of(RemovalReason reason) => (int)reason < Names.Length ? Names[(int)reason] : Kebab(reason);

    private static string Kebab(RemovalReason reason) =>
        string.Concat(reason.ToString().Select((letter, i) => char.IsAsciiLetterUpper(letter) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(letter) : letter.ToString()));
}
