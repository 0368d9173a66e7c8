namespace PmOrleans.Grains.Cluster;

/// <summary>Does the same thing again and again until it is disposed; what goes wrong once is told and does not end it.</summary>
/// <param name="every">From the beginning of one step to that of the next; a step that takes longer is followed at once by one.</param>
/// <param name="failed">Told of every failure of a step.</param>
internal sealed class SteadyLoop(TimeSpan every, Func<CancellationToken, Task> step, Action<Exception> failed) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(every);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await step(_stop.Token);
                }
                catch (Exception failure) when (!_stop.IsCancellationRequested)
                {
                    failed(failure);
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Stopped, perhaps in the middle of a step.
        }
    }
}
