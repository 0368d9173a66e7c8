namespace PmOrleans.Decisioning.Catalog;

/// <summary>What a placement answers in its quiet hours.</summary>
public enum QuietAction : byte
{
    /// <summary>The fallback, or nothing.</summary>
    Drop = 1,

    /// <summary>Nothing, and when to ask again.</summary>
    Hold = 2,
}

/// <summary>Hours by the wall clock in which nothing is shown; may run over midnight. <paramref name="Until"/> is the first moment at which they are over.</summary>
/// <param name="Zone">Whose wall clock; <c>null</c>: the customer's.</param>
public sealed record QuietHours(TimeOnly From, TimeOnly Until, TimeZoneInfo? Zone, QuietAction Action = QuietAction.Drop);
