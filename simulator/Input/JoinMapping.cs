namespace PmOrleans.Simulator.Input;

/// <summary>A second csv that says more about a column: products, say.</summary>
public sealed class JoinMapping
{
    /// <summary>File name, beside the log.</summary>
    public string File { get; set; } = "";

    /// <summary>Column that both files have.</summary>
    public string On { get; set; } = "";
}
