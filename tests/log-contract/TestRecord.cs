using System.Text;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A record that remembers what became of it.</summary>
internal sealed class TestRecord : PendingAppend
{
    private readonly TaskCompletionSource<LogFailure?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null when committed.</summary>
    public Task<LogFailure?> Done => _done.Task;

    /// <summary>Runs inside the completion, on the writer's thread.</summary>
    public Action<LogFailure?>? OnDone { get; init; }

    public Func<bool>? Admission { get; init; }

    public override bool Admit() => Admission?.Invoke() ?? true;

    public static TestRecord Of(int customer, long customerSequence, string personal = "personal", UInt128 decision = default) => new()
    {
        Customer = Key(customer),
        CustomerSequence = customer == 0 ? 0 : customerSequence,
        AtMicros = 1_000_000 + customerSequence,
        Accounting = Encoding.UTF8.GetBytes($"accounting {customer}/{customerSequence}"),
        Personal = Encoding.UTF8.GetBytes(personal),
        DecisionHash = decision,
    };

    public static CustomerKey Key(int customer) => customer == 0 ? default : new CustomerKey(0xC0FFEE, (ulong)customer);

    public override void Committed() => Complete(null);

    public override void Failed(LogFailure failure) => Complete(failure);

    private void Complete(LogFailure? failure)
    {
        OnDone?.Invoke(failure);
        if (!_done.TrySetResult(failure)) throw new InvalidOperationException("A record was completed twice.");
    }
}
