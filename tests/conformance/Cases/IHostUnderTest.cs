using PmOrleans.Node.Port;
using PmOrleans.Node.Verification;

namespace PmOrleans.Conformance;

/// <summary>A host of the port over a data folder: opened, asked, closed, and opened again over the same folder.</summary>
public interface IHostUnderTest
{
    /// <summary>Opens the host and returns its port; closed by <see cref="CloseAsync"/>.</summary>
    Task<IDecisionNode> OpenAsync(string folder);

    /// <summary>Stops it as an operator would: what was accepted is finished.</summary>
    Task CloseAsync();

    /// <summary>Counts again what the closed host left behind.</summary>
    Task<VerificationReport> VerifyAsync(string folder);
}
