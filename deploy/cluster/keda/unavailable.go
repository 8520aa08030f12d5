//go:build ignore

// Stands in for the secret stores of clouds, which nothing here asks for: each says that it was left out.
package resolver

import (
	"context"
	"errors"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"github.com/kedacore/keda/v2/pkg/scalers/authentication"
)

var errLeftOut = errors.New("this KEDA was built without the secret stores of clouds")

// HashicorpVaultHandler is left out.
type HashicorpVaultHandler struct{}

// NewHashicorpVaultHandler answers a handler that refuses.
func NewHashicorpVaultHandler(*kedav1alpha1.HashiCorpVault, *authentication.AuthClientSet, string) *HashicorpVaultHandler {
	return &HashicorpVaultHandler{}
}

// Initialize refuses.
func (*HashicorpVaultHandler) Initialize(logr.Logger) error { return errLeftOut }

// Stop does nothing.
func (*HashicorpVaultHandler) Stop() {}

// ResolveSecrets refuses.
func (*HashicorpVaultHandler) ResolveSecrets([]kedav1alpha1.VaultSecret) ([]kedav1alpha1.VaultSecret, error) {
	return nil, errLeftOut
}

// AzureKeyVaultHandler is left out.
type AzureKeyVaultHandler struct{}

// NewAzureKeyVaultHandler answers a handler that refuses.
func NewAzureKeyVaultHandler(*kedav1alpha1.AzureKeyVault) *AzureKeyVaultHandler {
	return &AzureKeyVaultHandler{}
}

// Initialize refuses.
func (*AzureKeyVaultHandler) Initialize(context.Context, client.Client, logr.Logger, string, corev1listers.SecretLister) error {
	return errLeftOut
}

// Read refuses.
func (*AzureKeyVaultHandler) Read(context.Context, string, string) (string, error) {
	return "", errLeftOut
}

// GCPSecretManagerHandler is left out.
type GCPSecretManagerHandler struct{}

// NewGCPSecretManagerHandler answers a handler that refuses.
func NewGCPSecretManagerHandler(*kedav1alpha1.GCPSecretManager) *GCPSecretManagerHandler {
	return &GCPSecretManagerHandler{}
}

// Initialize refuses.
func (*GCPSecretManagerHandler) Initialize(context.Context, client.Client, logr.Logger, string, corev1listers.SecretLister) error {
	return errLeftOut
}

// Read refuses.
func (*GCPSecretManagerHandler) Read(context.Context, string, string) (string, error) {
	return "", errLeftOut
}

// AwsSecretManagerHandler is left out.
type AwsSecretManagerHandler struct{}

// NewAwsSecretManagerHandler answers a handler that refuses.
func NewAwsSecretManagerHandler(*kedav1alpha1.AwsSecretManager) *AwsSecretManagerHandler {
	return &AwsSecretManagerHandler{}
}

// Initialize refuses.
func (*AwsSecretManagerHandler) Initialize(context.Context, client.Client, logr.Logger, string, corev1listers.SecretLister, *corev1.PodSpec) error {
	return errLeftOut
}

// Read refuses.
func (*AwsSecretManagerHandler) Read(context.Context, logr.Logger, string, string, string, string) (string, error) {
	return "", errLeftOut
}

// Stop does nothing.
func (*AwsSecretManagerHandler) Stop() {}

// vaultAddressesEqual allows no address.
func vaultAddressesEqual(string, string) bool { return false }

// DefaultVaultKubernetesAuthTokenFile names a file that is not read.
const DefaultVaultKubernetesAuthTokenFile = ""
