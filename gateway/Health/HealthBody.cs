namespace PmOrleans.Gateway.Health;

internal sealed record HealthBody(string Status, IReadOnlyList<string>? Reasons);
