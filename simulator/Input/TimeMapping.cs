namespace PmOrleans.Simulator.Input;

/// <summary>Where a line says when it happened.</summary>
public sealed class TimeMapping
{
    public string Column { get; set; } = "";

    /// <summary>.NET format such as <c>yyyyMMdd</c>; <c>unix</c>, <c>unixMillis</c>; empty: ISO 8601.</summary>
    public string Format { get; set; } = "";

    /// <summary>IANA zone of times without an offset. Default UTC.</summary>
    public string Zone { get; set; } = "UTC";

    /// <summary>The file knows only days: visits are spread over the hours of the day, the same way every time. Default false.</summary>
    public bool SpreadOverDay { get; set; }
}
