using System.Globalization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Input;

/// <summary>From the columns of a line to what it says, by a mapping.</summary>
internal sealed class TouchpointReader(Mapping mapping, Dictionary<string, Dictionary<string, string>>? joined)
{
    private readonly TimeZoneInfo _zone = TimeZoneInfo.FindSystemTimeZoneById(mapping.At.Zone);

    /// <exception cref="InputException">The mapping names a column that is not there.</exception>
    public void RequireColumns(string path, IReadOnlyDictionary<string, string> columns)
    {
        var joins = joined?.Values.FirstOrDefault();
        foreach (var (use, column) in Used())
        {
            if (!columns.ContainsKey(column) && joins?.ContainsKey(column) is not true)
            {
                throw new InputException($"{path} does not fit the mapping: {use} names the column '{column}'; there are {string.Join(", ", columns.Keys)}");
            }
        }
    }

    /// <summary>What is wrong with the line, or <c>null</c> and what it says.</summary>
    public string? Read(IReadOnlyDictionary<string, string> columns, out ReadTouchpoint touch)
    {
        touch = null!;
        var customer = string.Join('|', mapping.Customer.Select(column => columns.GetValueOrDefault(column, ""))).Trim();
        if (customer.Trim('|').Length == 0)
        {
            return $"{string.Join(", ", mapping.Customer)} is empty";
        }

        if (Labels.WrongId(customer) is { } wrong)
        {
            return $"the customer's id {wrong}";
        }

        var time = columns.GetValueOrDefault(mapping.At.Column, "");
        if (!TryTime(time, out var at))
        {
            return $"{mapping.At.Column} is '{time}', which is no time of the form {(mapping.At.Format.Length == 0 ? "ISO 8601" : mapping.At.Format)}";
        }

        long? value = null;
        if (mapping.Value is { } valueColumn)
        {
            var text = columns.GetValueOrDefault(valueColumn, "");
            if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount) || amount is < 0 or > 1_000_000_000_000)
            {
                return $"{valueColumn} is '{text}', which is no amount from 0 to 1,000,000,000,000";
            }

            value = (long)(amount * 1_000_000);
        }

        LoggedAction? logged = null;
        if (mapping.Logged is { } log)
        {
            var text = columns.GetValueOrDefault(log.Propensity, "");
            if (!TryNumber(text, out var propensity) || propensity is not (> 0 and <= 1))
            {
                return $"{log.Propensity} is '{text}', which is no probability above 0, at most 1";
            }

            var click = columns.GetValueOrDefault(log.Click, "");
            if (Clicked(click) is not { } clicked)
            {
                return $"{log.Click} is '{click}'; allowed are 1 or true for a click, 0, false or nothing for none";
            }

            logged = new LoggedAction(log.Prefix + columns.GetValueOrDefault(log.Offer, ""), propensity, clicked);
        }

        touch = new ReadTouchpoint(customer, at, value, Properties(columns), logged);
        return null;
    }

    private static bool? Clicked(string text) =>
        text.Length == 0 ? false
        : bool.TryParse(text, out var clicked) ? clicked
        : TryNumber(text, out var number) && number is 0 or 1 ? number == 1
        : null;

    /// <summary>Without separators of thousands, which .NET takes anywhere: a decimal comma would make 1 of <c>0,1</c>.</summary>
    private static bool TryNumber(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private Property[] Properties(IReadOnlyDictionary<string, string> columns)
    {
        var properties = new List<Property>(mapping.Properties.Count);
        var more = joined is not null && mapping.Join is { } join ? joined.GetValueOrDefault(columns.GetValueOrDefault(join.On, "")) : null;
        foreach (var (name, column) in mapping.Properties)
        {
            var text = columns.TryGetValue(column, out var own) ? own : more?.GetValueOrDefault(column);
            if (!string.IsNullOrEmpty(text) && text != "NA")
            {
                properties.Add(new Property(
                    name,
                    TryNumber(text, out var number) && double.IsFinite(number)
                        ? PropertyValue.Of(number)
                        : PropertyValue.Of(Cut(text))));
            }
        }

        return [.. properties];
    }

    private static string Cut(string text) =>
        text.Length <= TouchpointLimits.TextLength ? text : text[..(TouchpointLimits.TextLength - (char.IsHighSurrogate(text[TouchpointLimits.TextLength - 1]) ? 1 : 0))];

    private bool TryTime(string text, out long micros)
    {
        micros = 0;
        switch (mapping.At.Format)
        {
            case "unix" or "unixMillis":
                if (!TryNumber(text, out var unix) || unix is < 0 or > 1e15)
                {
                    return false;
                }

                micros = (long)(unix * (mapping.At.Format == "unix" ? 1e6 : 1e3));
                return true;
            case "":
                // .NET takes much else for a time: of 03/04/2026 it would choose the American reading, of 12:30 today's.
                if (text is not [_, _, _, _, '-', _, _, '-', _, _, ..] || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var iso))
                {
                    return false;
                }

                micros = Micros.From(iso);
                return micros >= 0;
            default:
                if (!DateTime.TryParseExact(text, mapping.At.Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
                {
                    return false;
                }

                while (_zone.IsInvalidTime(local))
                {
                    local = local.AddMinutes(15);
                }

                micros = Micros.From(new DateTimeOffset(local, _zone.GetUtcOffset(local)));
                return micros >= 0;
        }
    }

    private IEnumerable<(string Use, string Column)> Used()
    {
        foreach (var column in mapping.Customer)
        {
            yield return ("customer", column);
        }

        yield return ("at.column", mapping.At.Column);
        foreach (var column in mapping.Visit)
        {
            yield return ("visit", column);
        }

        if (mapping.Value is { } value)
        {
            yield return ("value", value);
        }

        foreach (var (name, column) in mapping.Properties)
        {
            yield return ($"properties.{name}", column);
        }

        if (mapping.Logged is { } logged)
        {
            yield return ("logged.offer", logged.Offer);
            yield return ("logged.click", logged.Click);
            yield return ("logged.propensity", logged.Propensity);
        }
    }
}
