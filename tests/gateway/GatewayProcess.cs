using System.Diagnostics;

namespace PmOrleans.Gateway.Tests;

/// <summary>The program, run to its end.</summary>
internal static class GatewayProcess
{
    /// <summary>The repository that the tests were built from.</summary>
    public static string Checkout { get; } = FindCheckout();

    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string folder, params string[] arguments) => RunAsync(folder, [], arguments);

    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string folder, (string Name, string Value)[] environment, string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "PmOrleans.Gateway.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }

    private static string FindCheckout()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "PmOrleans.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder;
    }
}
