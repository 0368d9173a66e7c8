using System.Reflection;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace PmOrleans.Simulator.Input;

/// <summary>Reads a mapping: one that is shipped, by name, or a file.</summary>
public static class MappingFile
{
    private const string Prefix = "mapping/";

    /// <summary>Names of the mappings that are shipped.</summary>
    public static IReadOnlyList<string> Shipped { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <exception cref="InputException">There is none, or it does not say what it must.</exception>
    public static Mapping Read(string nameOrPath)
    {
        var mapping = Parse(nameOrPath, Text(nameOrPath));
        return Problem(mapping) is { } problem ? throw new InputException($"mapping {nameOrPath}: {problem}") : mapping;
    }

    /// <summary>The shipped mapping that fits a log's file name, or <c>null</c>.</summary>
    public static string? Guess(string logPath)
    {
        var name = Path.GetFileName(logPath);
        return name.StartsWith("CDNOW_sample", StringComparison.OrdinalIgnoreCase) ? "cdnow-sample"
            : name.StartsWith("CDNOW", StringComparison.OrdinalIgnoreCase) ? "cdnow"
            : name.StartsWith("transactions", StringComparison.OrdinalIgnoreCase) ? "complete-journey"
            : name is "men.csv.gz" or "women.csv.gz" or "all.csv.gz" or "men.csv" or "women.csv" or "all.csv" ? "open-bandit"
            : null;
    }

    private static string Text(string nameOrPath)
    {
        using var shipped = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + nameOrPath);
        if (shipped is not null)
        {
            using var reader = new StreamReader(shipped);
            return reader.ReadToEnd();
        }

        try
        {
            return File.ReadAllText(nameOrPath);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"there is no mapping '{nameOrPath}': name a file, or one of {string.Join(", ", Shipped)}", unreadable);
        }
    }

    private static Mapping Parse(string name, string text)
    {
        try
        {
            return new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<Mapping?>(text)
                ?? throw new InputException($"mapping {name} is empty");
        }
        catch (YamlException wrong)
        {
            throw new InputException($"mapping {name}, line {wrong.Start.Line}: {(wrong.InnerException ?? wrong).Message}", wrong);
        }
    }

    private static string? Problem(Mapping mapping) =>
        mapping.Format is not ("csv" or "ndjson") ? $"format is '{mapping.Format}'; allowed are csv, ndjson"
        : mapping.Delimiter is not ("spaces" or "tab") && mapping.Delimiter.Length != 1 ? $"delimiter is '{mapping.Delimiter}'; allowed are one character, tab, spaces"
        : mapping.Format == "csv" && !mapping.Header && mapping.Columns.Count == 0 ? "header is false and columns is missing: nothing names the columns"
        : mapping.Customer.Count == 0 ? "customer is missing: name the columns that identify a customer"
        : mapping.At.Column.Length == 0 ? "at.column is missing: name the column that says when"
        : !TimeZoneInfo.TryFindSystemTimeZoneById(mapping.At.Zone, out _) ? $"at.zone is '{mapping.At.Zone}'; it must be an IANA zone such as Europe/Berlin"
        : mapping.Type.Length == 0 ? "type is empty; name a type of touchpoint such as purchase"
        : mapping.Logged is { } logged && (logged.Offer.Length == 0 || logged.Click.Length == 0 || logged.Propensity.Length == 0)
            ? "logged needs offer, click and propensity"
        : mapping is { Logged: not null, Visit.Count: > 0 } ? "visit and logged exclude each other: a logged decision is a line, and a visit of its own"
        : mapping.Join is { } join && (join.File.Length == 0 || join.On.Length == 0) ? "join needs file and on"
        : null;
}
