using System.Diagnostics;

namespace PmOrleans.Ops.Tests;

/// <summary>Prometheus' own program reads its files, and the alerts come when they should.</summary>
public sealed class PrometheusFilesTests
{
    [PromtoolTheory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts.test.yml")]
    public async Task promtool_has_no_complaint(string verb, string what, string file)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", [verb, what, file])
        {
            WorkingDirectory = Repository.PathOf("ops/prometheus"), RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        var said = await Task.WhenAll(promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.WaitForExitAsync();

        Assert.True(promtool.ExitCode == 0, string.Join('\n', said));
    }
}
