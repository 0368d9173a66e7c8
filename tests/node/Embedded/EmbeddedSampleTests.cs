using System.Diagnostics;
using System.Globalization;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>The program of samples/embedded, run as its guide says.</summary>
public sealed class EmbeddedSampleTests
{
    [Fact]
    public async Task A_till_keeps_its_caps_and_its_budget_over_two_runs()
    {
        using var folder = new NodeFolder();

        string[] lines = [.. await RunAsync(folder.Path), .. await RunAsync(folder.Path)];

        var receipts = lines.Where(line => line.StartsWith("card-", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
        var offered = receipts.Where(receipt => receipt[1] != "thanks").ToList();
        Assert.Equal(["20 purchases taken in, 0 known already", "0 purchases taken in, 20 known already"], lines.Where(line => line.Contains("taken", StringComparison.Ordinal)), StringComparer.Ordinal);
        Assert.Equal(120, receipts.Count);
        Assert.Equal(20, offered.Count);
        Assert.Equal(20, offered.Select(receipt => receipt[0]).Distinct(StringComparer.Ordinal).Count());
        var spent = offered.Sum(receipt => receipt[1] == "free-cake" ? 0.80m : 0.20m);
        Assert.Equal($"spent {spent.ToString("0.00", CultureInfo.InvariantCulture)} of 20.00 EUR", lines[^1]);
        var report = await StoreVerifier.VerifyAsync(folder.Path);
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
    }

    private static async Task<string[]> RunAsync(string folder)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "PmOrleans.Samples.Embedded.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, folder]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
