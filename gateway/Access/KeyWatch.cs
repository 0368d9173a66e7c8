namespace PmOrleans.Gateway.Access;

/// <summary>Looks at the file of keys every second: who is added or taken away needs no restart.</summary>
internal sealed partial class KeyWatch(KeyRing keys, TimeProvider time, ILogger<KeyWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        string? said = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var (changed, mistake) = keys.Refresh();
            if (changed)
            {
                Changed(keys.Count);
            }
            else if (mistake is not null && mistake != said)
            {
                Wrong(mistake, keys.Count);
            }

            said = mistake;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The file of keys has changed: {Count} keys are admitted.")]
    private partial void Changed(int count);

    [LoggerMessage(2, LogLevel.Error, "The file of keys cannot be taken over, {Mistake}; the {Count} keys from before stay admitted.")]
    private partial void Wrong(string mistake, int count);
}
